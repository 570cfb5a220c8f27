// Loopback servers, clients and directories of one test at a time: whatever a test has opened is ended after it, the last one first.
// To be called once, where a spec begins.
import { EventStoreDBClient } from '@eventstore/db-client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnLoopbackEventStore, type SpawnedEventStore } from './spawn-loopback';
import { startLoopbackEventStore, type LoopbackEventStore, type LoopbackOptions } from './start-loopback';

export function serversOfASpec() {
  const stops: (() => Promise<unknown>)[] = [];
  beforeAll(() => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  const connected = (url: string): EventStoreDBClient => {
    const client = EventStoreDBClient.connectionString(url);
    stops.push(client.dispose);
    return client;
  };
  return {
    connected,
    async started(options: LoopbackOptions = {}): Promise<LoopbackEventStore & { client: EventStoreDBClient }> {
      const server = await startLoopbackEventStore(options);
      stops.push(() => server.stop());
      return { ...server, client: connected(server.url) };
    },
    async spawned(options: Omit<LoopbackOptions, 'now'> = {}): Promise<SpawnedEventStore> {
      const server = await spawnLoopbackEventStore(options);
      stops.push(() => server.kill());
      return server;
    },
    newDirectory(): string {
      const directory = mkdtempSync(join(tmpdir(), 'loopback-'));
      stops.push(async () => rmSync(directory, { recursive: true, force: true }));
      return directory;
    },
  };
}
