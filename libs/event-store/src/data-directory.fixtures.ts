// A data directory of its own for a spec, with a store over it, gone when the spec is done.
// Reopening leaves the directory owned: what a restart finds, without the restart.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalSignals, SystemClock } from '@app/runtime';
import { DataDirectory } from './data-directory';
import { EmbeddedEventStore } from './embedded.event-store';

interface OwnedStore {
  store: EmbeddedEventStore;
  path: string;
  notes: string[];
  reopen: () => Promise<EmbeddedEventStore>;
  dispose: () => Promise<void>;
}

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'event-store-'));
}

export async function openOwned(path: string = temporaryDirectory()): Promise<OwnedStore> {
  const clock = new SystemClock();
  const notes: string[] = [];
  const directory = DataDirectory.own(path, { startedAt: clock.now() });
  const open = (): Promise<EmbeddedEventStore> => EmbeddedEventStore.open({ directory, clock, signals: new LocalSignals(), note: line => notes.push(line) });
  const owned: OwnedStore = {
    store: await open().catch((error: unknown) => {
      directory.release();
      throw error;
    }),
    path,
    notes,
    reopen: async () => {
      await owned.store.close();
      return (owned.store = await open());
    },
    dispose: async () => {
      await owned.store.close();
      directory.release();
      rmSync(path, { recursive: true, force: true });
    },
  };
  return owned;
}
