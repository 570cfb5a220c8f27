// Streams of lines end to end, on the real deciders: dirt, breaks, failures and readers that do not read.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { SeededRandomness } from '@app/runtime';
import { type IntakeUnderTest, intakeUnderTest, order, SOURCE } from './intake.fixtures';
import { LINE_BYTES_MAX } from './line-splitter';
import { NdjsonIntake, type NdjsonRequest } from './ndjson-intake';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ndjson-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const REQUEST: NdjsonRequest = { topic: 'orders', source: SOURCE, answer: 'items' };

function streams({ intake, log }: IntakeUnderTest): NdjsonIntake {
  return new NdjsonIntake({ intake, random: new SeededRandomness(1), spoolFolder: folder, origin: log.origin });
}

function* inChunks(text: string, sizes: readonly number[]): Generator<Buffer> {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function linesOf(answers: Readable): Promise<Record<string, unknown>[]> {
  let text = '';
  for await (const chunk of answers) text += String(chunk);
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('an answer for each line, in their order, and the count at the end', async () => {
  const under = intakeUnderTest();
  const orders = Array.from({ length: 1_200 }, (_, i) => order(String(i)));
  const text = orders.map((one) => JSON.stringify(one)).join('\r\n');
  const { answers, ended } = streams(under).run(Readable.from(inChunks(text, [1, 700, 65_536, 33])), REQUEST);
  const lines = await linesOf(answers);
  expect(lines.slice(0, -1).map(({ externalId }) => externalId)).toEqual(orders.map((one) => one['externalId']));
  expect(lines[7]).toMatchObject({ outcome: 'CREATED', errors: [], position: expect.stringMatching(/^\d{16}$/) });
  const end = lines.at(-1)!;
  expect(end).toMatchObject({ complete: true, counts: { CREATED: 1_200, DUPLICATE: 0 }, position: under.log.events.at(-1)!.position });
  expect(await ended).toMatchObject({ error: null, counts: end['counts'] });
  expect(readdirSync(folder)).toEqual([]);
});

test('the summary alone', async () => {
  const under = intakeUnderTest();
  const run = streams(under).run(Readable.from([`${JSON.stringify(order('1'))}\n\n{}\n`]), { ...REQUEST, answer: 'summary' });
  expect(await linesOf(run.answers)).toEqual([{ complete: true, counts: expect.objectContaining({ CREATED: 1, QUARANTINED: 1 }), position: expect.any(String) }]);
});

test('a thousand lines of dirt: each is told, kept once per content, and no good line is lost', async () => {
  const under = intakeUnderTest();
  const dirt = ['{"externalId":', 'null', '[]', '"text"', '12', '{"externalId":"x"}', '\u0000', '{"a":{"b":{}}}', JSON.stringify(order('9', { placedAt: 'soon' })), '{}'];
  const lines = Array.from({ length: 1_000 }, (_, i) => (i % 10 === 9 ? JSON.stringify(order(String(i))) : dirt[i % 9]!));
  const { answers } = streams(under).run(Readable.from(inChunks(lines.join('\n'), [997])), REQUEST);
  const told = await linesOf(answers);
  expect(told).toHaveLength(1_001);
  expect(told.at(-1)).toMatchObject({ complete: true, counts: { CREATED: 100, QUARANTINED: 900 } });
  for (const { outcome, errors } of told.slice(0, -1)) if (outcome === 'QUARANTINED') expect((errors as string[]).length).toBeGreaterThan(0);
  expect(under.log.events.filter(({ type }) => type === 'PayloadQuarantined')).toHaveLength(9);
});

test('a line over the limit is refused in its place, one that is no UTF-8 is kept', async () => {
  const under = intakeUnderTest();
  function* bytes(): Generator<Buffer> {
    yield Buffer.from(`${JSON.stringify(order('1'))}\n"`);
    for (let sent = 0; sent <= LINE_BYTES_MAX; sent += 1024 * 1024) yield Buffer.alloc(1024 * 1024, 0x78);
    yield Buffer.concat([Buffer.from('"\n{"name":"'), Buffer.from([0xc0, 0xd6]), Buffer.from(`"}\n${JSON.stringify(order('2'))}`)]);
  }
  const lines = await linesOf(streams(under).run(Readable.from(bytes()), REQUEST).answers);
  expect(lines.map(({ outcome }) => outcome)).toEqual(['CREATED', 'REFUSED', 'QUARANTINED', 'CREATED', undefined]);
  expect((lines[1]!['errors'] as string[])[0]).toContain('was not kept');
  expect((lines[2]!['errors'] as string[])[0]).toContain('not UTF-8');
});

test('a sender that breaks off: whole lines stay, half a line is not taken, no error escapes', async () => {
  const under = intakeUnderTest();
  async function* bytes(): AsyncGenerator<Buffer> {
    yield Buffer.from(`${JSON.stringify(order('1'))}\n{"externalId":"2"`);
    await new Promise(setImmediate);
    throw new Error('aborted');
  }
  const { answers, ended } = streams(under).run(Readable.from(bytes()), REQUEST);
  answers.destroy();
  expect(await ended).toMatchObject({ counts: { CREATED: 1, QUARANTINED: 0 }, error: expect.stringContaining('broke off') });
  expect(readdirSync(folder)).toEqual([]);
});

test('a store that fails is told in the last line, after the answers before it; sent again all is taken', async () => {
  const under = intakeUnderTest();
  under.log.appendsLeft = 700;
  const text = Array.from({ length: 1_500 }, (_, i) => JSON.stringify(order(String(i)))).join('\n');
  const lines = await linesOf(streams(under).run(Readable.from(inChunks(text, [9_000])), REQUEST).answers);
  expect(lines.at(-1)).toMatchObject({ complete: false, error: expect.stringContaining('cannot be taken now') });
  under.log.appendsLeft = Number.POSITIVE_INFINITY;
  const again = await linesOf(streams(under).run(Readable.from(inChunks(text, [9_000])), REQUEST).answers);
  expect(again.at(-1)).toMatchObject({ complete: true });
  expect(under.log.events.filter(({ type }) => type === 'OrderPlaced')).toHaveLength(1_500);
});

test('a reader that never reads does not stop the intake, and gets everything when it does read', async () => {
  const under = intakeUnderTest();
  const text = Array.from({ length: 6_000 }, (_, i) => `{"externalId":"${i}","total":"much too much of everything, so that the answer is long"}`).join('\n');
  const { answers, ended } = streams(under).run(Readable.from(inChunks(text, [60_000])), REQUEST);
  expect(await ended).toMatchObject({ error: null, counts: { QUARANTINED: 6_000 } });
  expect(readdirSync(folder)).toHaveLength(1);
  const lines = await linesOf(answers);
  expect(lines).toHaveLength(6_001);
  expect(lines.slice(0, -1).map(({ externalId }) => Number(externalId))).toEqual(Array.from({ length: 6_000 }, (_, i) => i));
  expect(readdirSync(folder)).toEqual([]);
});

test('items of one order keep their order from batch to batch', async () => {
  const under = intakeUnderTest();
  // Twenty deliveries of each of sixty orders, the same one over and over between those of the others.
  const text = Array.from({ length: 1_200 }, (_, i) => JSON.stringify(order(String(i % 60), { freight: i, total: 20 + i }))).join('\n');
  const lines = await linesOf(streams(under).run(Readable.from(inChunks(text, [40_000])), REQUEST).answers);
  expect(lines.at(-1)).toMatchObject({ counts: { CREATED: 60, UPDATED: 1_140 } });
  for (let i = 0; i < 60; i++) expect((await under.stateOf(`order-TB.${i}`)).content?.freight).toBe((1_140 + i) * 100);
});
