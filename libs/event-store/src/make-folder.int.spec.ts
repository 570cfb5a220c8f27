// Folders are made for their owner alone, or it is said at once why not.
// What is there already stays.
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make-folder';

const root = mkdtempSync(join(tmpdir(), 'make-folder-'));
afterAll(() => rmSync(root, { recursive: true }));

test('with all that is missing above it, and again', () => {
  const folder = join(root, 'a', 'b', 'c');
  for (let twice = 0; twice < 2; twice++) makeFolder(folder);
  for (const made of [folder, join(root, 'a')]) expect(statSync(made).mode & 0o777).toBe(0o700);
});

test('not where a file stands, or above it', () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow('EEXIST');
  expect(() => makeFolder(join(file, 'below'))).toThrow('ENOTDIR');
});

// Node's own recursive way never returns here.
(existsSync('/proc/self') ? test : test.skip)('not in a file system that knows no folders to be made, and at once', () => {
  expect(() => makeFolder('/proc/nothing/below')).toThrow('ENOENT');
});
