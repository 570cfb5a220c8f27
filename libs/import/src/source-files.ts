// Which files of a folder a source means, and their text:
// plain or gzip, whatever the encoding, in bounded memory.
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { type Source, MappingError } from './mapping';

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

/** The text in pieces cut anywhere, without a byte order mark. `read` is told of the bytes taken from the file. Throws where the file cannot be read on; what stands before that was given. */
export async function* textOf(file: SourceFile, encoding: string, read: (bytes: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  const raw = createReadStream(file.path, { highWaterMark: 262_144 });
  raw.on('data', chunk => read(chunk.length));
  const stream = file.path.endsWith('.gz') ? raw.pipe(createGunzip({ chunkSize: 262_144 })) : raw;
  if (stream !== raw) raw.on('error', error => stream.destroy(error));
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield decoder.decode(chunk, { stream: true });
    const last = decoder.decode();
    if (last !== '') yield last;
  } finally {
    raw.destroy();
    stream.destroy();
  }
}
