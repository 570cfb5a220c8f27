import { DIRECTION_RULES } from './direction.rules';
import { EXPORT_RULES } from './exports.rules';
import { PURITY_RULES } from './purity.rules';
import type { Sample } from './rule';
import { treeOf, treeOnDisk } from './source-tree';
import { TIDINESS_RULES } from './tidiness.rules';

const tree = treeOnDisk();

describe.each([...DIRECTION_RULES, ...PURITY_RULES, ...EXPORT_RULES, ...TIDINESS_RULES])('the source tree $says', (rule) => {
  it('holds', () => {
    expect(rule.check(tree).map(({ path, line, says }) => `${path}:${line} ${says}`)).toEqual([]);
  });

  it.each(rule.mustFail.map((sample) => [titleOf(sample), sample] as const))('is broken by %s', (_, sample) => {
    expect(rule.check(treeOf(sample.files ?? {}, sample.topLevel))).not.toEqual([]);
  });

  for (const sample of rule.mustPass ?? []) {
    it(`is kept by ${titleOf(sample)}`, () => {
      expect(rule.check(treeOf(sample.files ?? {}, sample.topLevel))).toEqual([]);
    });
  }
});

it('reads a tree worth checking', () => {
  expect(tree.files.size).toBeGreaterThan(20);
  expect([...tree.files.keys()].some((path) => path.startsWith('libs/kernel/src/'))).toBe(true);
});

function titleOf({ files, topLevel }: Sample): string {
  const [path, text] = Object.entries(files ?? {})[0] ?? ['the top level', topLevel?.join(' ') ?? ''];
  return `${path}: ${text.replace(/\s+/g, ' ').slice(0, 90)}`;
}
