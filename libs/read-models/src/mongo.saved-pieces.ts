// What a load has saved, in pieces in MongoDB, so that any machine goes on with it: the rows of each save, compressed, in a collection of the load.
// A piece comes in the transaction that its save is: it is there whole or not at all.
import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import { Binary, type ClientSession, type Collection, type Db } from 'mongodb';
import type { SavedRow } from './mongo.scratch';

/** Of a piece that is too large for one document. */
interface PartDocument {
  /** Number of the piece and place in it, so written that text order is their order. */
  _id: string;
  data: Binary;
  isLast: boolean;
}

/** What one save has changed, the first is number 1; `token` says how far the scan has come by it. */
interface SavedPiece {
  number: number;
  token: string;
  rows: SavedRow[];
}

/** A document may have 16 MB. */
const PART_BYTES = 8 * 1024 * 1024;
const NUMBER_DIGITS = 8;
/** In place of a row. */
const DELETED = 'null';
/** Rows are alike: the fastest level makes a third of them. */
const FAST = { level: constants.Z_BEST_SPEED };
const [packed, unpacked] = [promisify<Uint8Array, { level: number }, Buffer>(gzip), promisify<Uint8Array, Buffer>(gunzip)];

export class SavedPieces {
  private readonly parts: Collection<PartDocument>;

  constructor(db: Db, collection: string) {
    this.parts = db.collection<PartDocument>(collection);
  }

  /** Compressed, ready for `put`. */
  async pack({ number, token, rows }: SavedPiece): Promise<PartDocument[]> {
    const bytes = await packed(Buffer.from(linesOf(token, rows)), FAST);
    const count = Math.ceil(bytes.length / PART_BYTES);
    return Array.from({ length: count }, (_, place) => ({ _id: idOf(number, place), data: new Binary(bytes.subarray(place * PART_BYTES, (place + 1) * PART_BYTES)), isLast: place === count - 1 }));
  }

  /** May be done twice. */
  async put(parts: readonly PartDocument[], session: ClientSession): Promise<void> {
    for (const { _id, ...replacement } of parts) await this.parts.replaceOne({ _id }, replacement, { session, upsert: true });
  }

  /** Those behind a number, in order. */
  async *after(number: number): AsyncGenerator<SavedPiece, void> {
    let parts: Uint8Array[] = [];
    for await (const { _id, data, isLast } of this.parts.find({ _id: { $gte: idOf(number + 1, 0) } }, { sort: { _id: 1 }, batchSize: 1 })) {
      parts.push(data.value());
      if (!isLast) continue;
      yield { number: Number(_id.slice(0, NUMBER_DIGITS)), ...pieceIn((await unpacked(Buffer.concat(parts))).toString()) };
      parts = [];
    }
  }
}

/** A line of JSON for the token, then two for each row: what it is called, and the row, which is JSON already. */
function linesOf(token: string, rows: readonly SavedRow[]): string {
  const lines = [JSON.stringify(token)];
  for (const [place, key, position, staleSince, doc] of rows) lines.push(JSON.stringify([place, key, position, staleSince]), doc ?? DELETED);
  return lines.join('\n');
}

function pieceIn(text: string): Omit<SavedPiece, 'number'> {
  const [token = '', ...lines] = text.split('\n');
  const rows: SavedRow[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [place, key, position, staleSince] = JSON.parse(lines[i] as string) as [number, string, string | null, string | null];
    const doc = lines[i + 1] as string;
    rows.push([place, key, position, staleSince, doc === DELETED ? null : doc]);
  }
  return { token: JSON.parse(token) as string, rows };
}

function idOf(number: number, place: number): string {
  return `${String(number).padStart(NUMBER_DIGITS, '0')}/${String(place).padStart(3, '0')}`;
}
