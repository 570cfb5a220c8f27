// Every event type and version that was ever written is read for ever: recorded streams are replayed on every run.
// HISTORY_RECORD=1 records the stories that have no stream yet; one that is there is never written again.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DECIDERS, type OrderState } from '@app/domain';
import { type Decider, type DomainEvent, isRejection } from '@app/kernel';
import { projectionDecider } from '@app/runtime';
import { STORIES } from './stories';

interface RecordedEvent extends DomainEvent {
  version: number;
}
interface RecordedStream {
  category: string;
  events: RecordedEvent[];
  /** What the stream comes to. */
  state: unknown;
}

const FOLDER = join(__dirname, 'streams');
const deciders = { ...DECIDERS, projection: projectionDecider } as unknown as Readonly<Record<string, Decider<never, DomainEvent, unknown>>>;

if (process.env['HISTORY_RECORD'] === '1') {
  for (const name of Object.keys(STORIES)) if (!existsSync(fileOf(name))) writeFileSync(fileOf(name), `${JSON.stringify(recordStory(name), null, 1)}\n`);
}

const streams = readdirSync(FOLDER).map((file) => [file, JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as RecordedStream] as const);

test.each(streams)('%s comes to what it came to when it was recorded', (_, { category, events, state }) => {
  expect(JSON.parse(JSON.stringify(outcome(category, events)))).toEqual(state);
});

test('every event type and version of every decider is among the recorded', () => {
  const recorded = new Set(streams.flatMap(([, { category, events }]) => events.map(({ type, version }) => `${category} ${type} ${version}`)));
  for (const { category, eventTypes } of Object.values(deciders)) {
    for (const [type, version] of Object.entries(eventTypes)) expect(recorded).toContain(`${category} ${type} ${version}`);
  }
});

test('every story was recorded', () => {
  expect(streams.map(([file]) => file)).toEqual(Object.keys(STORIES).map((name) => `${name}.json`).sort());
});

function fileOf(name: string): string {
  return join(FOLDER, `${name}.json`);
}

/** Of an order what it amounts to; of the small streams the whole state. */
function outcome(category: string, events: readonly DomainEvent[]): unknown {
  const decider = deciders[category]!;
  const state = events.reduce((before, event) => decider.evolve(before, event), decider.initial);
  if (category !== 'order') return state;
  const { approvals, content, exemptions, standing, updatedAt, waiting } = state as OrderState;
  return { content, standing, updatedAt, waiting, ...(approvals.length === 0 ? {} : { approvals, exemptions }) };
}

function recordStory(name: string): RecordedStream {
  const { category, commands } = STORIES[name]!;
  const decider = deciders[category]!;
  const events: RecordedEvent[] = [];
  let state = decider.initial;
  for (const command of commands) {
    const decided = decider.decide(command as never, state);
    if (isRejection(decided)) throw new Error(`${name}: ${decided.message}`);
    for (const event of decided) {
      state = decider.evolve(state, event);
      events.push({ ...event, version: decider.eventTypes[event.type]! });
    }
  }
  return { category, events, state: outcome(category, events) };
}
