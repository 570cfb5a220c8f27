// given(projection, events).thenRow(key, row). Rows must be JSON, events stay as they are,
// and reading one stream after the other must end in the same rows as reading the log: a rebuild does that.
import { categoryOf, type Projection, type Recorded } from '@app/kernel';
import { frozen } from './freeze';

export class GivenProjection<Row> {
  private readonly rows: ReadonlyMap<string, Row>;

  constructor(
    projection: Projection<Row>,
    events: readonly Recorded[],
  ) {
    this.rows = foldAll(projection, events);
    const byStream = [...new Set(events.map(({ stream }) => stream))].reverse().flatMap(stream => events.filter(event => event.stream === stream));
    expect({ [`${projection.name}, one stream after the other`]: sorted(foldAll(projection, byStream)) }).toEqual({ [`${projection.name}, one stream after the other`]: sorted(this.rows) });
  }

  thenRow(key: string, expected: Row): this {
    expect({ [key]: this.row(key) }).toEqual({ [key]: expected });
    return this;
  }

  /** As much of the row as matters. */
  thenRowLike(key: string, expected: object): this {
    expect({ [key]: this.row(key) }).toMatchObject({ [key]: expected });
    return this;
  }

  thenNoRow(key: string): this {
    expect({ [key]: this.row(key) }).toEqual({ [key]: undefined });
    return this;
  }

  /** All of them. */
  thenRows(expected: Readonly<Record<string, Row>>): this {
    expect(sorted(this.rows)).toEqual(expected);
    return this;
  }

  row(key: string): Row | undefined {
    return this.rows.get(key);
  }
}

export function foldAll<Row>(projection: Projection<Row>, events: readonly Recorded[]): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  for (const given of events) {
    const known = projection.reads[categoryOf(given.stream)];
    if (known === undefined) continue;
    if (!known.includes(given.type)) throw new Error(`${projection.name} does not know ${given.type}: its stream would be parked.`);
    const event = frozen(JSON.parse(JSON.stringify(given)) as Recorded);
    const keys = projection.keys(event);
    expect(keys).toEqual([...new Set(keys)]);
    for (const key of keys) {
      const row = projection.fold(rows.get(key), event, key);
      const stored = row === undefined ? undefined : (JSON.parse(JSON.stringify(row)) as Row);
      // Strict: a field that is undefined, a Date or a Map would be another thing when read back.
      expect(row).toStrictEqual(stored);
      if (stored === undefined) rows.delete(key);
      else rows.set(key, stored);
    }
  }
  return rows;
}

function sorted<Row>(rows: ReadonlyMap<string, Row>): Record<string, Row> {
  return Object.fromEntries([...rows].sort(([a], [b]) => (a < b ? -1 : 1)));
}
