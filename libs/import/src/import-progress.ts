// Remembers how far an import came, so that a second run after a kill passes quickly over what was acknowledged.
// Only an optimisation: without it everything is sent again and answered as a duplicate. A note of other files, another mapping or another target is not found.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ListedRowsMark } from './listed-rows';
import type { SourceFile } from './source-files';

/** Counted up when what is noted changes: a note in another format is not found. */
const NOTE_FORMAT = 2;

export interface Note {
  /** Which pass over the files, and how many rows of its source are done. */
  pass: string;
  rows: number;
  sent: number;
  outcomes: Record<string, Record<string, number>>;
  rejected: ListedRowsMark;
  refused: ListedRowsMark;
}

/** The same for the same folder, mapping, files, target and manner only. */
export function importKey(parts: { folder: string; mapping: string; target: string; history: boolean; files: ReadonlyMap<string, readonly SourceFile[]> }): string {
  const files = [...parts.files].map(([source, list]) => [source, list.map(({ name, bytes, modifiedMs }) => [name, bytes, modifiedMs])]);
  return createHash('sha256').update(JSON.stringify([NOTE_FORMAT, parts.folder, parts.mapping, parts.target, parts.history, files])).digest('hex').slice(0, 24);
}

export class ProgressNote {
  readonly path: string;
  readonly rejectedPath: string;
  readonly refusedPath: string;

  constructor(folder: string, key: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.path = join(folder, `import-${key}.json`);
    this.rejectedPath = join(folder, `import-${key}.rejected.ndjson`);
    this.refusedPath = join(folder, `import-${key}.refused.ndjson`);
  }

  read(): Note | null {
    try {
      return JSON.parse(readFileSync(this.path, 'utf8')) as Note;
    } catch {
      // No note, or one torn by a crash: the import begins at the beginning.
      return null;
    }
  }

  write(note: Note): void {
    writeFileSync(`${this.path}.new`, JSON.stringify(note), { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
  }

  remove(): void {
    rmSync(this.path, { force: true });
    rmSync(`${this.path}.new`, { force: true });
  }
}
