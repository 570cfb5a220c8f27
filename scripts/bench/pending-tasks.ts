// Grows the log of a data directory to so many orders that wait for a signature: each further one has the history of one that the
// product took, with its own id and number. Rows are taken away and made by the next start; to policies all of it is past.
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import type { NewEvent } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { LocalSignals, SystemClock } from '@app/runtime';
import { orderStream } from '@app/domain';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { input } from './processes';

interface Input {
  directory: string;
  platform: string;
  /** External id and number of orders that the product took. */
  templates: readonly { externalId: string; orderNumber: string }[];
  tasks: number;
}

const APPENDS_AT_ONCE = 2_000;
const ROWS = 'read-models.db';

async function main({ directory, platform, templates, tasks }: Input): Promise<void> {
  const clock = new SystemClock();
  const owned = DataDirectory.own(directory, { startedAt: clock.now() });
  const store = await EmbeddedEventStore.open({ directory: owned, clock, signals: new LocalSignals() });
  const histories = await Promise.all(
    templates.map(async (template) => ({ ...template, events: (await store.read(orderStream(platform, template.externalId))).map(({ type, version, data, meta }) => JSON.stringify({ type, version, data, meta })) })),
  );
  let pending: Promise<unknown>[] = [];
  for (let index = histories.length; index < tasks; index++) {
    const { externalId, orderNumber, events } = histories[index % histories.length]!;
    const own = `pending-${index}`;
    // Beyond the serials that the product gives out.
    const number = `${orderNumber.slice(0, 10)}9${String(index).padStart(7, '0')}`;
    const clones = events.map((text, place): NewEvent => ({
      ...(JSON.parse(text.replaceAll(orderNumber, number).replaceAll(`"${externalId}"`, `"${own}"`)) as NewEvent),
      id: `${index.toString(16).padStart(8, '0')}-0000-4000-8000-${place.toString(16).padStart(12, '0')}`,
    }));
    pending.push(store.append(orderStream(platform, own), 'none', clones));
    if (pending.length < APPENDS_AT_ONCE) continue;
    await Promise.all(pending);
    pending = [];
  }
  await Promise.all(pending);
  const end = await store.end();
  await store.close();
  owned.release();
  for (const suffix of ['', '-wal', '-shm']) await rm(join(directory, ROWS + suffix), { force: true });
  // Their commands for what was copied have other ids: they would all be given.
  const policies = EmbeddedReadModels.open(join(directory, 'policies.db'));
  for (const [name, marker] of Object.entries(await policies.checkpoints('policy/'))) await policies.apply(name, marker, JSON.stringify({ ...(JSON.parse(marker) as object), quietUntil: end }), []);
  await policies.close();
  process.stdout.write(`${JSON.stringify({ events: Number(end) })}\n`);
}

void main(input<Input>());
