// Compares two tables document by document as they lie in the store, without reading what is in them.
// Keys compare byte by byte, as the server orders them.

interface RawPage {
  documents: Uint8Array[];
  /** The key to go on behind; undefined: there is no more. */
  last: string | undefined;
}

type ReadPage = (after: string | undefined) => Promise<RawPage>;

/** Keys, in order, that one side lacks or whose documents differ in any byte. */
export async function* compareRaw(a: ReadPage, b: ReadPage, after: string | undefined): AsyncGenerator<string> {
  const [left, right] = [documents(a, after), documents(b, after)];
  let [l, r] = await Promise.all([left.next(), right.next()]);
  while (l.done !== true || r.done !== true) {
    const order = l.done === true ? 1 : r.done === true ? -1 : Buffer.compare(keyOf(l.value), keyOf(r.value));
    if (order !== 0 || Buffer.compare(l.value as Uint8Array, r.value as Uint8Array) !== 0) yield keyOf((order <= 0 ? l.value : r.value) as Uint8Array).toString();
    [l, r] = [order <= 0 ? await left.next() : l, order >= 0 ? await right.next() : r];
  }
}

async function* documents(read: ReadPage, after: string | undefined): AsyncGenerator<Uint8Array, undefined> {
  for (let from = after; ; ) {
    const page = await read(from);
    yield* page.documents;
    if (page.last === undefined) return undefined;
    from = page.last;
  }
}

/** A document is its length, then its first field: type 2 (text), `_id`, NUL, the length of the text with its NUL, the text. */
export function keyOf(document: Uint8Array): Buffer {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  const begin = 4 + 1 + '_id\0'.length;
  const length = bytes.readInt32LE(begin) - 1;
  return bytes.subarray(begin + 4, begin + 4 + length);
}
