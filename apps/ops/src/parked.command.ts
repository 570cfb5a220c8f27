// `ops projections parked list | retry | skip`: what a fold could not take, with everything that waits behind it.
// A skip is for good and on record: no rows of the projection, present or future, hold the event.
import type { Command } from 'commander';
import type { Config } from '@app/wiring';
import { CommandFailed } from './failure';
import type { Connection } from './connection';
import { ask } from './graphql-client';
import { print, printJson, table } from './print';
import { named, type Status, STATUS_FIELDS, statuses, untilEnded, withConnection } from './projection-status';

interface Parked {
  projection: string;
  key: string;
  eventId: string;
  position: string;
  error: string;
  attempts: number;
  waitingBehind: number;
}

const LIST = 'query($projection: String) { parkedEvents(projection: $projection) { projection key eventId position error attempts waitingBehind } }';
const RETRY = `mutation($projection: String!, $key: String!) { done: retryParked(projection: $projection, key: $key) { ${STATUS_FIELDS} } }`;
const SKIP = `mutation($projection: String!, $key: String!, $reason: String!, $eventId: String) { done: skipParked(projection: $projection, key: $key, reason: $reason, eventId: $eventId) { ${STATUS_FIELDS} } }`;
const HEADER = ['projection', 'key', 'event', 'attempts', 'waiting behind', 'why'];

export function addParkedCommands(projections: Command, config: () => Config): void {
  const parked = projections.command('parked').description('events that a projection could not take, each with those that wait behind it');
  parked
    .command('list')
    .description('the first event of each key, and why it was not taken')
    .argument('[name]', 'projection; all of them when left out')
    .option('--json', 'print JSON')
    .action((name: string | undefined, { json }: { json?: boolean }) => withConnection(config(), async (connection) => {
      named(await statuses(connection), name);
      const found = await parkedOf(connection, name);
      if (json === true) return printJson(found);
      print(table(HEADER, found.map((one) => [one.projection, one.key, one.eventId, String(one.attempts), String(one.waitingBehind), one.error])));
    }, { looks: true }));
  parked
    .command('retry')
    .description('take up what is parked under the key, in order; ends with 1 when something still waits there')
    .argument('<name>', 'projection')
    .argument('<key>', 'as listed')
    .option('--json', 'print JSON')
    .action((name: string, key: string, { json }: { json?: boolean }) => withConnection(config(), (connection) => takeUp(connection, name, key, RETRY, {}, json)));
  parked
    .command('skip')
    .description('leave the first event under the key out for good, in rebuilds too, and take up what waits behind it')
    .argument('<name>', 'projection')
    .argument('<key>', 'as listed')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--event <id>', 'only if this event is still the first')
    .option('--json', 'print JSON')
    .action((name: string, key: string, { json, reason, event }: { json?: boolean; reason: string; event?: string }) =>
      withConnection(config(), (connection) => takeUp(connection, name, key, SKIP, { reason, eventId: event ?? null }, json)));
}

async function parkedOf(connection: Connection, projection: string | undefined): Promise<Parked[]> {
  return (await ask<{ parkedEvents: Parked[] }>(connection, LIST, { projection: projection ?? null })).parkedEvents;
}

async function takeUp(connection: Connection, projection: string, key: string, mutation: string, more: Record<string, unknown>, json: boolean | undefined): Promise<void> {
  named(await statuses(connection), projection);
  const { done } = await ask<{ done: Status }>(connection, mutation, { projection, key, ...more });
  await untilEnded(connection, done, (operation) => operation.key === key);
  const left = (await parkedOf(connection, projection)).filter((one) => one.key === key);
  if (json === true) printJson(left);
  const [first] = left;
  if (first !== undefined) throw new CommandFailed(`Under ${key} of ${projection} ${first.waitingBehind + 1} events still wait, the first since its fold says: ${first.error}`);
  if (json !== true) print(`Under ${key} of ${projection} nothing waits any more.`);
}
