// What a rule of the house is: a sentence, a check over the tree, and samples that must fail it.
// A ban whose sample passes is no ban; a sample that is fine shows where the ban ends.
import type { SourceTree, Violation } from './source-tree';

export interface Sample {
  /** Texts by path. */
  files?: Readonly<Record<string, string>>;
  topLevel?: readonly string[];
}

export interface Rule {
  /** Completes "the source tree ...". */
  says: string;
  check(tree: SourceTree): readonly Violation[];
  mustFail: readonly Sample[];
  mustPass?: readonly Sample[];
}

/** A sample of one file. */
export function file(path: string, ...lines: string[]): Sample {
  return { files: { [path]: lines.join('\n') } };
}
