// Every answer arrives once and in order, however slowly it is read; what is not read costs disk, not memory.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnswerSpool } from './answer-spool';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spool-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const turn = () => new Promise((resolve) => setImmediate(resolve));
const line = (i: number) => `${i} ${'x'.repeat(90)}\n`;

test('a quick reader needs no file', async () => {
  const spool = new AnswerSpool(folder, 'a');
  const read = (async () => {
    let text = '';
    for await (const chunk of spool) text += chunk.toString();
    return text;
  })();
  for (let i = 0; i < 5_000; i++) {
    await spool.write(line(i));
    if (i % 100 === 0) await turn();
  }
  spool.end();
  expect(await read).toBe(Array.from({ length: 5_000 }, (_, i) => line(i)).join(''));
  expect(readdirSync(folder)).toEqual([]);
});

test('a reader that never reads: the writer goes on, memory stays flat, the file goes with the spool', async () => {
  const spool = new AnswerSpool(folder, 'b');
  let most = 0;
  for (let i = 0; i < 200_000; i++) {
    await spool.write(line(i));
    most = Math.max(most, spool.bytesInMemory);
  }
  spool.end();
  expect(most).toBeLessThan(2 * 1024 * 1024);
  expect(readdirSync(folder)).toHaveLength(1);
  await spool.discard();
  expect(readdirSync(folder)).toEqual([]);
  await spool.write('after the end');
});

test('a reader that comes late, stops and goes on gets everything in order, through file and memory', async () => {
  const spool = new AnswerSpool(folder, 'c');
  const writer = (async () => {
    for (let i = 0; i < 20_000; i++) {
      await spool.write(line(i));
      if (i % 700 === 0) await turn();
    }
    spool.end();
  })();
  let expected = 0;
  let rest = '';
  let chunks = 0;
  for await (const chunk of spool) {
    rest += chunk.toString();
    const lines = rest.split('\n');
    rest = lines.pop()!;
    for (const text of lines) if (!text.startsWith(`${expected++} `)) throw new Error(`${expected - 1} is missing before ${text}`);
    // Slow for a while, then quick, over and over.
    if (chunks++ % 20 < 10) for (let i = 0; i < 10; i++) await turn();
  }
  await writer;
  expect(expected).toBe(20_000);
  expect(readdirSync(folder)).toEqual([]);
});

test('a reader that leaves half-way takes the file along; what a crash left goes at the next start', async () => {
  const spool = new AnswerSpool(folder, 'd');
  for (let i = 0; i < 20_000; i++) await spool.write(line(i));
  for await (const chunk of spool) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(join(folder, 'left.answers'), 'x');
  writeFileSync(join(folder, 'other.txt'), 'x');
  AnswerSpool.sweep(folder);
  expect(readdirSync(folder)).toEqual(['other.txt']);
  AnswerSpool.sweep(join(folder, 'new'));
  expect(existsSync(join(folder, 'new'))).toBe(true);
});

test('a disk that cannot be written to is told to writer and reader', async () => {
  writeFileSync(join(folder, 'file'), 'no folder');
  const spool = new AnswerSpool(join(folder, 'file'), 'e');
  await expect(
    (async () => {
      for (let i = 0; i < 100_000; i++) await spool.write(line(i));
    })(),
  ).rejects.toThrow();
  await expect(
    (async () => {
      for await (const chunk of spool) expect(chunk.length).toBeGreaterThan(0);
    })(),
  ).rejects.toThrow();
});
