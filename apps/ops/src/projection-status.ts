// What the commands about projections ask of the server, and how long they wait between two looks.
// Nothing of it is remembered between two commands: the server has the record.
import type { Config } from '@app/wiring';
import { type Connection, connect } from './connection';
import { CommandFailed } from './failure';
import { ask } from './graphql-client';

export interface Operation {
  operationId: string;
  kind: 'REBUILD' | 'KEEP' | 'VERIFY' | 'SWITCH' | 'ROLLBACK' | 'RETRY' | 'SKIP';
  state: 'PENDING' | 'DONE' | 'FAILED';
  requestedBy: string;
  requestedAt: string;
  reason: string | null;
  /** Of a retry or skip. */
  key: string | null;
  endedAt: string | null;
  error: string | null;
}

export interface Status {
  name: string;
  version: number;
  state: string;
  position: string;
  lag: number;
  eventsPerSecond: number | null;
  parked: number;
  canSwitch: boolean;
  canRollBack: boolean;
  rebuild: { processed: number; total: number; eventsPerSecond: number | null; etaSeconds: number | null } | null;
  lastRebuild: {
    startedAt: string;
    finishedAt: string;
    /** Events. */
    processed: number;
    /** Rows. */
    differences: number;
    firstDifference: string | null;
    firstDifferingEventId: string | null;
    switched: boolean;
    by: string;
    reason: string | null;
    /** Why there is no result. */
    error: string | null;
  } | null;
  /** Newest first. */
  operations: Operation[];
  /** Why it is stopped. */
  error: string | null;
}

export const STATUS_FIELDS = `name version state position lag eventsPerSecond parked canSwitch canRollBack error rebuild { processed total eventsPerSecond etaSeconds }
  lastRebuild { startedAt finishedAt processed differences firstDifference firstDifferingEventId switched by reason error }
  operations { operationId kind state requestedBy requestedAt reason key endedAt error }`;
/** After this something that was asked for and not begun is said to have nobody who does it. */
export const PENDING_SECONDS_MAX = 30;
const POLL_MILLISECONDS = 250;

export async function statuses(connection: Connection): Promise<Status[]> {
  return (await ask<{ projections: Status[] }>(connection, `{ projections { ${STATUS_FIELDS} } }`)).projections;
}

/** The one of that name, or all of them. Throws where there is none. */
export function named(all: readonly Status[], name: string | undefined): readonly Status[] {
  const found = all.filter((projection) => name === undefined || projection.name === name);
  if (found.length === 0) throw new CommandFailed(`There is no projection ${String(name)}. See 'ops projections status'.`);
  return found;
}

export async function withConnection(config: Config, work: (connection: Connection) => Promise<void>, options: { looks?: boolean } = {}): Promise<void> {
  const connection = await connect(config, { ...options, existing: true });
  try {
    await work(connection);
  } finally {
    await connection.close();
  }
}

/** The server answers when an operation is done or after some seconds: the rest is waited for here. Throws why it was not done. */
export async function untilEnded(connection: Connection, first: Status, isMeant: (operation: Operation) => boolean): Promise<Operation> {
  const id = first.operations.find(isMeant)?.operationId;
  let current: Status | undefined = first;
  for (let waitedMs = 0; ; waitedMs += POLL_MILLISECONDS) {
    const operation = current?.operations.find(({ operationId }) => operationId === id);
    if (operation?.state === 'DONE') return operation;
    if (operation?.error != null) throw new CommandFailed(operation.error);
    if (waitedMs > PENDING_SECONDS_MAX * 1_000) throw new CommandFailed(`It has not been done within ${PENDING_SECONDS_MAX} s: it is on record, and goes on as long as a worker runs ${first.name}.`);
    await pause();
    current = (await statuses(connection)).find(({ name }) => name === first.name);
  }
}

export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
}
