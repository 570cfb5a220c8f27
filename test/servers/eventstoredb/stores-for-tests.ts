// Stores in EventStoreDB for specs: at EVENTSTOREDB_URL where that is set, otherwise at a loopback server of their own.
// Faults exist only there; everything else runs the same against both.
import { EventStoreDbEventStore } from '@app/event-store';
import { SystemClock, SystemRandomness } from '@app/runtime';
import { type LoopbackEventStore, type LoopbackOptions, startLoopbackEventStore } from './start-loopback';

/** A busy machine that is given thousands of appends at once is no failure. */
const BUSY_MS_MAX = 60_000;

type OpenOptions = Partial<Parameters<typeof EventStoreDbEventStore.open>[0]>;

export function openAt(url: string, options: OpenOptions = {}): Promise<EventStoreDbEventStore> {
  return EventStoreDbEventStore.open({ url, clock: new SystemClock(), random: new SystemRandomness(), ...options });
}

/** For the contract. */
export async function openOnServer(loopback: LoopbackOptions = {}): Promise<{ store: EventStoreDbEventStore; reopen: () => Promise<EventStoreDbEventStore>; dispose: () => Promise<void> }> {
  const { EVENTSTOREDB_URL: given } = process.env;
  const server = given === undefined ? await startLoopbackEventStore(loopback) : undefined;
  const url = given ?? server!.url;
  const open = (): Promise<EventStoreDbEventStore> => openAt(url, { deadlineMs: BUSY_MS_MAX });
  let store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      return (store = await open());
    },
    dispose: async () => {
      await store.close();
      await server?.stop();
    },
  };
}

/** A store at a server whose faults the spec has in its hands. */
export async function openWithFaults(loopback: LoopbackOptions = {}, options: OpenOptions = {}): Promise<{ store: EventStoreDbEventStore; server: LoopbackEventStore; notes: string[]; dispose: () => Promise<void> }> {
  const server = await startLoopbackEventStore(loopback);
  const notes: string[] = [];
  const store = await openAt(server.url, { note: line => notes.push(line), ...options });
  return {
    store,
    server,
    notes,
    dispose: async () => {
      await server.faults.clear();
      await store.close();
      await server.stop();
    },
  };
}
