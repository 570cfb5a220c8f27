// Inserts documents that are bytes already: the driver would make objects of them only to make the same bytes again.
// What it sends them with is its own (seen in 7.9.0), as it sends what its bulk writes have made bytes of.
import { createRequire } from 'node:module';
import { type Db, MongoServerError } from 'mongodb';
import { DURABLE } from './mongo.connection';
import { withinRows } from './mongo.deadlines';

/** The driver takes it in place of a list of documents. */
type MakeSequence = (field: string, documents: readonly unknown[], bytes: readonly Uint8Array[]) => object;

interface Answer {
  writeErrors?: { code: number; errmsg: string }[];
  writeConcernError?: { code: number; errmsg: string };
}

/** In one message, which may have 48 MB, the last document with its 16 included. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

/** Durably, in any order. Throws where one cannot be inserted; then others may be. */
export async function insertBytes(db: Db, collection: string, documents: readonly Uint8Array[]): Promise<void> {
  for (const message of messagesOf(documents)) {
    const command = { insert: collection, documents: sequenceOf(message), ordered: false, writeConcern: { w: DURABLE.w, j: DURABLE.journal } };
    const { writeErrors: [refused] = [], writeConcernError = refused } = (await db.command(command, { readPreference: 'primary', ...withinRows(message.length) })) as Answer;
    if (writeConcernError !== undefined) throw new MongoServerError(writeConcernError);
  }
}

function* messagesOf(documents: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let message: Uint8Array[] = [];
  let bytes = 0;
  for (const document of documents) {
    message.push(document);
    bytes += document.length;
    if (bytes < MESSAGE_BYTES_MAX) continue;
    yield message;
    [message, bytes] = [[], 0];
  }
  if (message.length > 0) yield message;
}

function sequenceOf(bytes: readonly Uint8Array[]): object {
  const { makeDocumentSequence } = createRequire(__filename)('mongodb/lib/cmap/commands') as { makeDocumentSequence?: MakeSequence };
  if (makeDocumentSequence === undefined) throw new Error("MongoDB's driver sends documents otherwise than is known here (7.9.0).");
  return makeDocumentSequence('documents', bytes, bytes);
}
