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
const LINE_END = '\n';
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
    const bytes = await packed(bytesOf(token, rows), FAST);
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
      yield { number: Number(_id.slice(0, NUMBER_DIGITS)), ...pieceIn(await unpacked(Buffer.concat(parts))) };
      parts = [];
    }
  }
}

/** What precedes the documents, as a line of JSON. */
interface Contents {
  token: string;
  /** Of each row its table, its key, and the length of its document; null: deleted. */
  rows: [table: number, key: string, bytes: number | null][];
}

function bytesOf(token: string, rows: readonly SavedRow[]): Buffer {
  const contents: Contents = { token, rows: rows.map(([table, key, doc]) => [table, key, doc?.length ?? null]) };
  return Buffer.concat([Buffer.from(`${JSON.stringify(contents)}${LINE_END}`), ...rows.flatMap(([, , doc]) => doc ?? [])]);
}

function pieceIn(bytes: Buffer): Omit<SavedPiece, 'number'> {
  let at = bytes.indexOf(LINE_END) + 1;
  const { token, rows } = JSON.parse(bytes.toString('utf8', 0, at)) as Contents;
  return { token, rows: rows.map(([table, key, length]) => [table, key, length === null ? null : bytes.subarray(at, (at += length))]) };
}

function idOf(number: number, place: number): string {
  return `${String(number).padStart(NUMBER_DIGITS, '0')}/${String(place).padStart(3, '0')}`;
}
