// A process that only appends, one line on stdout for each answer: `ack STREAM REVISION` as soon as it is given.
// After a failure it tries once more, to show that nothing is taken any longer. Ends with 3 then, with 0 when all was written.
import { writeSync } from 'node:fs';
import { DataDirectory, EmbeddedEventStore, StoreFailed } from '@app/event-store';
import type { NewEvent } from '@app/kernel';
import { LocalSignals, SystemClock, SystemRandomness } from '@app/runtime';

const random = new SystemRandomness();

function newEvent(i: number): NewEvent {
  const meta = { occurredAt: '2026-01-09T02:00:00.000Z', actor: 'writer', actorRole: 'SYSTEM', commandId: `c${i}`, correlationId: `c${i}` };
  return { id: random.uuid(), type: 'ThingHappened', version: 1, data: { i, text: 'x'.repeat(300) }, meta };
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** One append after the other; each stream gets three. */
async function write(path: string, count: number): Promise<void> {
  const clock = new SystemClock();
  const directory = DataDirectory.own(path, { startedAt: clock.now() });
  const store = await EmbeddedEventStore.open({ directory, clock, signals: new LocalSignals() });
  const run = random.uuid().slice(0, 8);
  say('open');
  for (let i = 0; i < count; i++) {
    const stream = `fault-${run}.${Math.floor(i / 3)}`;
    try {
      const result = await store.append(stream, i % 3 === 0 ? 'none' : (i % 3) - 1, [newEvent(i)]);
      say(`ack ${stream} ${i % 3} ${result.outcome}`);
    } catch (error) {
      say(`failed ${error instanceof StoreFailed ? 'StoreFailed' : String(error)}`);
      const again: unknown = await store.append('fault-again', 'none', [newEvent(i)]).catch((thrown: unknown) => thrown);
      say(again instanceof StoreFailed ? 'refused' : 'TAKEN AGAIN');
      await store.close();
      process.exit(3);
    }
  }
  await store.close();
  directory.release();
}

void write(process.argv[3] ?? '', Number(process.argv[4]));
