// Puts rows together with the rows that belong to them: children as lists in file order, look-ups as objects.
// Children and look-ups are read first, into the scratch file; the rows that bring them along are streamed.
import { compileExpression, type Expression } from './expression';
import type { Mapping, Source } from './mapping';
import type { Scratch, StoredRow } from './scratch';
import type { SourceFile } from './source-files';
import { type Row, type RowRead, rowsOf } from './source-rows';

export interface JoinedRow {
  file: string;
  line: number;
  row: Row;
  /** By source name, each with its own place. The same rows stand as plain lists in `row`. */
  children: ReadonlyMap<string, readonly JoinedRow[]>;
}
export interface RejectedRow {
  file: string;
  line: number;
  reason: string;
}
type Joined = { joined: JoinedRow; rejected: null } | { joined: null; rejected: RejectedRow };

interface Reading {
  files: ReadonlyMap<string, readonly SourceFile[]>;
  /** Told of the bytes taken from files. */
  read: (bytes: number) => void;
  rejected(row: RejectedRow): void;
  counted(source: string): void;
}

interface Child {
  name: string;
  source: Source;
}

const NOTHING: ReadonlyMap<string, readonly JoinedRow[]> = new Map();

export class Joiner {
  private readonly children = new Map<string, Child[]>();
  private readonly paths = new Map<string, Expression>();

  /** Throws where a key, a join or a look-up is not a plain path. */
  constructor(
    private readonly mapping: Mapping,
    private readonly scratch: Scratch,
    private readonly reading: Reading,
  ) {
    for (const [name, source] of Object.entries(mapping.sources)) {
      if (source.parent !== null) this.children.set(source.parent, [...(this.children.get(source.parent) ?? []), { name, source }]);
      for (const path of [source.key, source.join, ...Object.values(source.lookups).map(lookup => lookup.by)]) {
        if (path !== null) this.path(path, name);
      }
    }
  }

  /** The sources of which rows of the roots bring any along: they are read into the scratch file. */
  sources(roots: readonly string[]): string[] {
    const { children, lookups } = this.brought(roots);
    return [...new Set([...children, ...lookups])];
  }

  /** Reads them. `moved` is called now and then. */
  async load(roots: readonly string[], signal: AbortSignal | undefined, moved: () => void): Promise<void> {
    const { children, lookups } = this.brought(roots);
    for (const name of this.sources(roots)) await this.loadSource(name, children.has(name), lookups.has(name), signal, moved);
    this.scratch.index();
  }

  private brought(roots: readonly string[]): { children: Set<string>; lookups: Set<string> } {
    const children = new Set<string>();
    const lookups = new Set<string>();
    const open = [...roots];
    const done = new Set<string>();
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (done.has(name)) continue;
      done.add(name);
      for (const child of this.children.get(name) ?? []) {
        children.add(child.name);
        open.push(child.name);
      }
      for (const { source } of Object.values(this.mapping.sources[name]?.lookups ?? {})) {
        lookups.add(source);
        open.push(source);
      }
    }
    return { children, lookups };
  }

  private async loadSource(name: string, child: boolean, lookup: boolean, signal: AbortSignal | undefined, moved: () => void): Promise<void> {
    const source = this.source(name);
    const keyed = lookup || this.seesOrphans(name);
    for await (const rows of rowsOf(this.reading.files.get(name) ?? [], source, this.reading.read)) {
      signal?.throwIfAborted();
      moved();
      this.scratch.together(() => {
        for (const read of rows) {
          this.reading.counted(name);
          const { row } = read;
          if (row === null) {
            this.reading.rejected({ file: read.file, line: read.line, reason: read.reason ?? '' });
            continue;
          }
          const join = child ? this.keyAt(row, source.join) : undefined;
          const key = keyed ? this.keyAt(row, source.key) : undefined;
          if ((child && join === undefined) || (keyed && key === undefined)) {
            this.reading.rejected({ file: read.file, line: read.line, reason: `"${child && join === undefined ? source.join : source.key}" is missing: the row cannot be joined` });
            continue;
          }
          const stored: StoredRow = { file: read.file, line: read.line, text: JSON.stringify(row) };
          if (join !== undefined) this.scratch.add(`child ${name}`, join, stored);
          if (key !== undefined) this.scratch.add(`key ${name}`, key, lookup ? stored : { ...stored, text: '' });
        }
      });
    }
  }

  /** Rows of a root, joined, many at a time. The first `skip` rows are counted and passed over. */
  async *rows(root: string, skip: number): AsyncGenerator<Joined[]> {
    const source = this.source(root);
    const keyed = this.seesOrphans(root);
    let left = skip;
    for await (const rows of rowsOf(this.reading.files.get(root) ?? [], source, this.reading.read)) {
      const joined: Joined[] = [];
      if (keyed) this.scratch.together(() => rows.forEach(read => this.seen(root, source, read)));
      for (const read of rows) {
        this.reading.counted(root);
        if (left > 0) left--;
        else joined.push(this.joined(root, source, read));
      }
      // What is skipped is given as well, as nothing: the reader sees that the import moves.
      yield joined;
    }
  }

  /** After all rows of the roots: children that no row brought along, where that is to be listed. */
  *orphans(roots: readonly string[]): Generator<RejectedRow> {
    const open = [...roots];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      for (const child of this.children.get(name) ?? []) {
        open.push(child.name);
        if (child.source.orphans !== 'rejected') continue;
        for (const { key, file, line } of this.scratch.orphans(`child ${child.name}`, `key ${name}`)) {
          yield { file, line, reason: `No row of "${name}" has the ${this.source(name).key ?? 'key'} "${key}"` };
        }
      }
    }
  }

  private seen(root: string, source: Source, { row, file, line }: RowRead): void {
    const key = row === null ? undefined : this.keyAt(row, source.key);
    if (key !== undefined) this.scratch.add(`key ${root}`, key, { file, line, text: '' });
  }

  private joined(name: string, source: Source, { row, file, line, reason }: RowRead): Joined {
    if (row === null) return { joined: null, rejected: { file, line, reason: reason ?? '' } };
    if (this.children.has(name) && this.keyAt(row, source.key) === undefined) {
      return { joined: null, rejected: { file, line, reason: `"${source.key}" is missing: the row has no key` } };
    }
    return { joined: this.assembled(name, source, { row, file, line }), rejected: null };
  }

  private assembled(name: string, source: Source, place: { row: Row; file: string; line: number }): JoinedRow {
    const { row } = place;
    for (const [field, { source: other, by }] of Object.entries(source.lookups)) {
      const key = this.keyAt(row, by);
      const found = key === undefined ? undefined : this.scratch.first(`key ${other}`, key);
      if (found !== undefined) row[field] = this.assembled(other, this.source(other), opened(found)).row;
    }
    const children = this.children.get(name);
    if (children === undefined) return { ...place, children: NOTHING };
    const lists = new Map<string, readonly JoinedRow[]>();
    const key = this.keyAt(row, source.key) ?? '';
    for (const child of children) {
      const list = this.scratch.all(`child ${child.name}`, key).map(stored => this.assembled(child.name, child.source, opened(stored)));
      lists.set(child.name, list);
      row[child.name] = list.map(one => one.row);
    }
    return { ...place, children: lists };
  }

  private seesOrphans(name: string): boolean {
    return (this.children.get(name) ?? []).some(child => child.source.orphans === 'rejected');
  }

  private keyAt(row: Row, path: string | null): string | undefined {
    const value = path === null ? undefined : this.paths.get(path)?.run(row, { row, parent: undefined });
    return value === undefined || value === null || typeof value === 'object' ? undefined : String(value);
  }

  private path(text: string, source: string): void {
    const expression = compileExpression(text, {});
    if (!expression.simple) throw new Error(`/sources/${source}: "${text}" is not a plain path`);
    this.paths.set(text, expression);
  }

  private source(name: string): Source {
    const source = this.mapping.sources[name];
    if (source === undefined) throw new Error(`No source "${name}"`);
    return source;
  }
}

function opened({ text, file, line }: StoredRow): { row: Row; file: string; line: number } {
  return { row: JSON.parse(text) as Row, file, line };
}
