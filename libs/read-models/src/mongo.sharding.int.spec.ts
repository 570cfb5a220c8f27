// On a sharded cluster every write and every look-up by key must go to one shard: each names the shard key, which is the key of the row.
// No router runs here, so the commands themselves are looked at.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandStartedEvent, type Document, MongoClient } from 'mongodb';
import { PROJECTIONS } from '@app/projections';
import { describeWithMongo, mongoForTests } from '../../../test/servers/mongo/mongo-for-tests';
import { MongoReadModels } from './index';
import { shardKeyOf } from './mongo.sharding';

const TABLE = { name: 'rows@1.1', indexes: [{ fields: ['status'] }] };

describe('shard keys', () => {
  it('are the hashed key of the row, but for tables that must be unique in something else', () => {
    const keys = Object.fromEntries(PROJECTIONS.map(({ name, indexes }) => [name, shardKeyOf({ name, indexes })]));
    expect(keys['order-status']).toBeUndefined();
    expect(keys['waiting-facts']).toEqual({ _id: 'hashed' });
    expect(keys['workflow-board']).toEqual({ _id: 'hashed' });
  });
});

describeWithMongo('commands for a sharded cluster', () => {
  it('carry the shard key in every filter and every document that is written, and in look-ups by key', async () => {
    const mongo = await mongoForTests();
    const client = new MongoClient(mongo.url, { monitorCommands: true });
    const commands: Document[] = [];
    client.on('commandStarted', ({ command }: CommandStartedEvent) => commands.push(command));
    const scratchDirectory = mkdtempSync(join(tmpdir(), 'read-models-'));
    const store = await MongoReadModels.open({ server: client, database: mongo.newDatabase(), space: 'projections', scratchDirectory });
    const write = (key: string, row: unknown): { table: string; key: string; row: unknown } => ({ table: TABLE.name, key, row });
    await store.open(TABLE);
    await store.apply('c', undefined, '1', [write('a', { status: 'A' }), write('b', { status: 'B' })]);
    await store.apply('c', '1', '2', [write('a', { status: 'C' }), write('b', undefined)]);
    await store.apply('c', '2', undefined, []);
    await store.get(TABLE.name, 'a');
    await store.getMany(TABLE.name, ['a', 'b', 'c']);
    await store.checkpoint('c');
    const load = await store.bulk('job', [{ ...TABLE, name: 'rows@1.2' }]);
    await load.save([{ ...write('x', { status: 'X' }), table: 'rows@1.2' }, write('y', { status: 'Y' })], '1');
    await load.finish();
    for (const name of await store.tables()) await store.drop(name);

    const filters = commands.flatMap(command => [
      ...((command['updates'] ?? command['deletes'] ?? []) as { q: Document }[]).map(({ q }) => q),
      ...(command['findAndModify'] === undefined ? [] : [command['query'] as Document]),
    ]);
    expect(filters.length).toBeGreaterThan(10);
    for (const filter of filters) expect(filter).toEqual(expect.objectContaining({ _id: expect.any(String) }));
    const documents = commands.flatMap(command => (command['documents'] ?? []) as Document[]);
    expect(documents).toEqual([expect.objectContaining({ _id: 'x' })]);
    const lookUps = commands.filter(command => /\.rows@|checkpoints/.test(String(command['find']))).map(command => command['filter'] as Document);
    expect(lookUps).toEqual([{ _id: { $in: ['a'] } }, { _id: { $in: ['a', 'b', 'c'] } }, { _id: 'c' }]);
    await client.close();
    await mongo.stop();
  });
});
