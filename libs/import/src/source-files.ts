// Which files of a folder a source means, and their lines: plain or gzip, in bounded memory,
// each with its physical line in the unzipped file.
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { type Source, MappingError } from './mapping';

/** A longer line is no row of data: it is given as rejected, without its text. Characters. */
const LINE_LENGTH_MAX = 10_485_760;

export interface SourceFile {
  name: string;
  path: string;
  bytes: number;
  modifiedMs: number;
}

/** In the order of their names; a plain file is taken before a gzip file of the same name. Throws MappingError where nothing is found and something must be. */
export async function filesOf(folder: string, name: string, source: Source): Promise<SourceFile[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new MappingError(`The folder ${folder} cannot be read: ${(error as Error).message}`);
  }
  const pattern = new RegExp(`^${source.file.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*').replaceAll('?', '.')}(\\.gz)?$`);
  const names = entries.filter(entry => !entry.isDirectory() && pattern.test(entry.name)).map(entry => entry.name);
  const chosen = names.filter(file => !(file.endsWith('.gz') && names.includes(file.slice(0, -3)))).sort();
  if (chosen.length === 0 && !source.optional) throw new MappingError(`No file in ${folder} is "${source.file}" or "${source.file}.gz" (/sources/${name}/file)`);
  return Promise.all(
    chosen.map(async file => {
      const { size, mtimeMs } = await stat(join(folder, file));
      return { name: file, path: join(folder, file), bytes: size, modifiedMs: mtimeMs };
    }),
  );
}

export interface Line {
  /** Physical, from 1, in the unzipped file. */
  number: number;
  /** Without its end. Null: longer than any row. */
  text: string | null;
}

/** Gives many lines at a time. `read` is told of the bytes taken from the file. Throws where the file cannot be read on; lines before that were given. */
export async function* linesOf(file: SourceFile, encoding: string, read: (bytes: number) => void): AsyncGenerator<Line[]> {
  const decoder = new TextDecoder(encoding);
  const raw = createReadStream(file.path, { highWaterMark: 262_144 });
  raw.on('data', chunk => read(chunk.length));
  const stream = file.path.endsWith('.gz') ? raw.pipe(createGunzip({ chunkSize: 262_144 })) : raw;
  if (stream !== raw) raw.on('error', error => stream.destroy(error));
  let rest = '';
  let skipping = false;
  let number = 1;
  const cut = (text: string): Line[] => {
    const lines: Line[] = [];
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      lines.push({ number: number++, text: skipping ? null : text.slice(from, end) });
      skipping = false;
      from = end + 1;
    }
    rest = text.slice(from);
    if (rest.length > LINE_LENGTH_MAX) {
      skipping = true;
      rest = '';
    }
    return lines;
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const lines = cut((skipping ? '' : rest) + decoder.decode(chunk, { stream: true }));
      if (lines.length > 0) yield lines;
    }
    const last = rest + decoder.decode();
    if (skipping || last !== '') yield [{ number, text: skipping ? null : last }];
  } finally {
    raw.destroy();
    stream.destroy();
  }
}
