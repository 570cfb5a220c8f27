// Compares the columns that a mapping names with those that the CSV files have, before anything is sent: a column that is not
// there would read as empty in every row. Only plain paths are judged; what JSONata computes beyond them may name what it likes.
import { plainPaths } from './expression';
import { type Mapping, MappingError, type Source, type Template } from './mapping';
import type { SourceFile } from './source-files';
import { columnsOf } from './source-rows';

type Files = ReadonlyMap<string, readonly SourceFile[]>;

interface Named {
  source: string;
  column: string;
  /** JSON pointer of the text that names it. */
  place: string;
}

/** Sources whose rows an expression sees; null: something else, of which nothing is known. */
interface Seen {
  input: string | null;
  row: string | null;
  parent: string | null;
}

/** Throws MappingError that lists, by file, the columns that are not there and those that are. */
export async function checkColumns(mapping: Mapping, files: Files): Promise<void> {
  const named = new NamedColumns(mapping).all();
  const wrong: string[] = [];
  for (const [name, source] of Object.entries(mapping.sources)) {
    const ofSource = named.filter(one => one.source === name);
    if (source.format !== 'csv' || ofSource.length === 0) continue;
    for (const file of files.get(name) ?? []) {
      const columns = await columnsOf(file, source);
      const missing = columns === null ? [] : ofSource.filter(({ column }) => !columns.includes(column));
      if (columns === null || missing.length === 0) continue;
      wrong.push(`${file.name} has no column ${listed(missing)}; its columns are ${columns.map(column => `"${column}"`).join(', ')}`);
    }
  }
  if (wrong.length > 0) throw new MappingError(`The mapping cannot be used: ${wrong.join('. ')}`);
}

function listed(missing: readonly Named[]): string {
  const places = new Map<string, string[]>();
  for (const { column, place } of missing) places.set(column, [...(places.get(column) ?? []), place]);
  return [...places].map(([column, where]) => `"${column}" (${where.join(', ')})`).join(' and no column ');
}

class NamedColumns {
  private readonly found: Named[] = [];

  constructor(private readonly mapping: Mapping) {}

  all(): readonly Named[] {
    for (const [name, source] of Object.entries(this.mapping.sources)) this.ofSource(name, source);
    for (const [i, { from, when, forEach, item }] of this.mapping.topics.entries()) {
      const place = `/topics/${i}`;
      const seen: Seen = { input: from, row: from, parent: this.mapping.sources[from]?.parent ?? null };
      if (when !== null) this.ofText(when, `${place}/when`, seen);
      const element = forEach === null ? from : this.ofText(forEach, `${place}/forEach`, seen);
      this.ofTemplate(item, `${place}/item`, { ...seen, input: element });
    }
    return this.found;
  }

  private ofSource(name: string, { key, join, lookups }: Source): void {
    const place = `/sources/${name}`;
    const seen: Seen = { input: name, row: name, parent: null };
    if (key !== null) this.ofText(key, `${place}/key`, seen);
    if (join !== null) this.ofText(join, `${place}/join`, seen);
    for (const [field, { by }] of Object.entries(lookups)) this.ofText(by, `${place}/lookups/${field}/by`, seen);
  }

  private ofTemplate(template: Template, place: string, seen: Seen): void {
    if (typeof template === 'string') this.ofText(template, place, seen);
    if (template === null || typeof template !== 'object') return;
    const { forEach, item } = template as { forEach?: Template; item?: Template };
    if (typeof forEach === 'string' && item !== undefined) {
      this.ofTemplate(item, `${place}/item`, { ...seen, input: this.ofText(forEach, `${place}/forEach`, seen) });
      return;
    }
    for (const [field, one] of Object.entries(template)) this.ofTemplate(one as Template, `${place}/${field}`, seen);
  }

  /** The source whose rows the text gives, where it is a path to them. */
  private ofText(text: string, place: string, seen: Seen): string | null {
    const paths = plainPaths(text);
    const ends = paths.map(({ from, names }) => this.follow(seen[from], names, place));
    return paths.length === 1 && paths[0]!.whole ? ends[0]! : null;
  }

  /** Through look-ups and joined rows, to a column or to rows. */
  private follow(source: string | null, names: readonly string[], place: string): string | null {
    const [column, ...rest] = names;
    const declared = source === null ? undefined : this.mapping.sources[source];
    if (source === null || declared === undefined || column === undefined) return source;
    const other = declared.lookups[column]?.source ?? (this.mapping.sources[column]?.parent === source ? column : undefined);
    if (other !== undefined) return this.follow(other, rest, place);
    this.found.push({ source, column, place });
    return null;
  }
}
