// A folder and all that is missing above it, one after the other. Node's own way to make them together never comes back where a
// file system answers as if the folder above were missing, as /proc does.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** For its owner alone (0700). One that is there stays as it is. Throws what mkdir throws: EEXIST where a file stands there, ENOTDIR where one stands above. */
export function makeFolder(folder: string): void {
  const path = resolve(folder);
  const missing: string[] = [];
  for (let at = path; !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const at of missing) make(at);
  if (!statSync(path).isDirectory()) mkdirSync(path);
}

function make(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Somebody else has made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
