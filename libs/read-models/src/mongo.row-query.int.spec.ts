// Pages of orders go along an index without sorting, and rows that BSON cannot hold come back as they were.
// The queries are those that a list of orders makes.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Document, MongoClient } from 'mongodb';
import { orderStatus } from '@app/projections';
import type { RowQuery, RowWrite } from '@app/runtime';
import { describeWithMongo, mongoForTests } from '../../../test/servers/mongo/mongo-for-tests';
import { MongoReadModels } from './index';
import { conditionsOf, matching, orderBy, piecesAfter, placeOf, sortOf } from './mongo.row-query';

const ROWS = 6_000;
const STATUSES = ['AWAITING_PAYMENT', 'IN_FULFILMENT', 'SHIPPED', 'COMPLETED', 'CANCELLED'];
const NODES = ['PAYMENT', 'REVIEW', 'FULFILMENT', 'DELIVERY', null];
const day = (n: number): string => `2026-${String(1 + (Math.floor(n / 28) % 12)).padStart(2, '0')}-${String(1 + (n % 28)).padStart(2, '0')}T00:00:00.000Z`;

function order(table: string, i: number): RowWrite {
  const node = NODES[i % NODES.length]!;
  const row = {
    orderNumber: `N${i}`, externalId: `X${i % 3_000}`, platform: ['tmall', 'jd', 'shopify'][i % 3], customerId: `c${i % 500}`, status: STATUSES[i % STATUSES.length], node,
    dueOrder: node === null ? '9999-12-31T23:59:59.999Z' : day(i * 7), placedAt: day(i * 11), updatedAt: day(i * 5), carrier: i % 10 === 0 ? ['SF', 'YTO'] : i % 2 === 0 ? 'SF' : null, onHold: i % 200 === 0,
  };
  return { table, key: `order-${(i * 7919) % ROWS}`, row };
}

describeWithMongo('queries of MongoDB', () => {
  let mongo: Awaited<ReturnType<typeof mongoForTests>>;
  let store: MongoReadModels;
  let database: string;
  const table = 'order-status@1.1';
  beforeAll(async () => {
    mongo = await mongoForTests();
    database = mongo.newDatabase();
    store = await MongoReadModels.open({ server: mongo.url, database, space: 'projections', scratchDirectory: mkdtempSync(join(tmpdir(), 'read-models-')) });
    await store.open({ name: table, indexes: orderStatus.indexes });
    await store.apply('c', undefined, '1', Array.from({ length: ROWS }, (_, i) => order(table, i)));
  });
  afterAll(async () => {
    await store.close();
    await mongo.stop();
  });

  const newest = [{ field: 'placedAt', direction: 'desc' }] as const;
  it.each<[string, Omit<RowQuery, 'limit'>]>([
    ['all, newest first', { sort: newest }],
    ['all, oldest first', { sort: [{ field: 'placedAt', direction: 'asc' }] }],
    ['all, changed last', { sort: [{ field: 'updatedAt', direction: 'desc' }] }],
    ['all, due first', { sort: [{ field: 'dueOrder', direction: 'asc' }] }],
    ['overdue, due first', { range: [{ field: 'dueOrder', lt: day(40) }], sort: [{ field: 'dueOrder', direction: 'asc' }] }],
    ['placed between', { range: [{ field: 'placedAt', gte: day(10), lt: day(60) }], sort: newest }],
    ['of a status', { where: { status: ['SHIPPED'] }, sort: newest }],
    ['of one of two statuses', { where: { status: ['SHIPPED', 'COMPLETED'] }, sort: newest }],
    ['of a platform, placed since', { where: { platform: 'jd' }, range: [{ field: 'placedAt', gte: day(5) }], sort: newest }],
    ['of a customer', { where: { customerId: 'c7' }, sort: newest }],
    ['of a carrier', { where: { carrier: 'SF' }, sort: newest }],
    ['at a node, due first', { where: { node: 'REVIEW' }, sort: [{ field: 'dueOrder', direction: 'asc' }] }],
    ['at a node, overdue', { where: { node: 'REVIEW' }, range: [{ field: 'dueOrder', lt: day(90) }], sort: [{ field: 'dueOrder', direction: 'asc' }] }],
    ['of an order number', { where: { orderNumber: 'N77' }, sort: newest }],
  ])('go along an index: %s', async (name, query) => {
    const client = new MongoClient(mongo.url);
    const collection = (await client.db(database).listCollections().toArray()).find(found => found.name.includes(table))!;
    const rows = client.db(database).collection<{ _id: string; row: unknown }>(collection.name);
    const fields = sortOf({ ...query, limit: 1 });
    const first = await rows.find(matching(conditionsOf(query)), { sort: orderBy(fields), limit: 1 }).toArray();
    expect(first).toHaveLength(1);
    for (const piece of [[], ...piecesAfter(fields, placeOf(fields, first[0]!))]) {
      const plan = await rows.find(matching([...conditionsOf(query), ...piece]), { sort: orderBy(fields), limit: 51 }).explain('executionStats');
      const stages = stagesOf((plan as Document)['queryPlanner'].winningPlan);
      expect(stages).toContain('IXSCAN');
      // A look-up that finds a row or two may sort them.
      if (name !== 'of an order number') expect(stages).not.toContain('SORT');
      expect((plan as Document)['executionStats'].totalDocsExamined).toBeLessThanOrEqual(name === 'of a carrier' ? 60 : 52);
    }
    await client.close();
  });

  it('look through objects, not through arrays', async () => {
    const name = 'odd@1';
    await store.open({ name, indexes: [{ fields: ['a.b'] }] });
    const rows: Record<string, unknown> = { k1: { a: [{ b: 1 }] }, k2: { a: { b: 1 } }, k3: { a: { b: [null, 2] } }, k4: { a: { b: null } }, k5: { a: 'x' }, k6: { a: { b: true } } };
    await store.apply('o', undefined, '1', Object.entries(rows).map(([key, row]) => ({ table: name, key, row })));
    const keys = async (query: Partial<RowQuery>): Promise<string[]> => (await store.find(name, { limit: 9, ...query })).rows.map(({ key }) => key);
    expect(await keys({ where: { 'a.b': 1 } })).toEqual(['k2']);
    expect(await keys({ where: { 'a.b': null } })).toEqual(['k1', 'k4', 'k5']);
    expect(await keys({ where: { 'a.b': [1, 2, null] } })).toEqual(['k1', 'k2', 'k3', 'k4', 'k5']);
    expect(await keys({ range: [{ field: 'a.b', gte: 0 }] })).toEqual(['k2']);
    expect(await keys({ where: { 'a.b': true } })).toEqual(['k6']);
    for (const field of ['', 'a.', '$where', 'a.$b']) await expect(keys({ where: { [field]: 1 } })).rejects.toThrow(TypeError);
  });

  it.each(['asc', 'desc'] as const)('page through values of several types, %s', async direction => {
    const name = `types-${direction}@1`;
    await store.open({ name, indexes: [{ fields: ['v'] }] });
    const values = [null, undefined, -1, 2, 2, 'a', 'b', 'b', false, true];
    await store.apply(name, undefined, '1', values.map((v, i) => ({ table: name, key: `k${i}`, row: { v } })));
    const forwards = values.map((_, i) => `k${i}`);
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await store.find(name, { sort: [{ field: 'v', direction }], limit: 1, ...(after === undefined ? {} : { after }) });
      seen.push(...page.rows.map(({ key }) => key));
      after = page.rows.at(-1)?.cursor;
      if (!page.hasMore) break;
    }
    expect(seen).toEqual(direction === 'asc' ? forwards : forwards.toReversed());
  });

  it('give back rows that BSON would change or refuse', async () => {
    const name = 'texts@1';
    await store.open({ name, indexes: [{ fields: ['status'] }] });
    let deep: unknown = 'bottom';
    for (let i = 0; i < 300; i++) deep = { deep };
    const odd: unknown[] = [
      { status: 'A', half: 'x\ud800y', 'a\0b': 1 }, { status: 'A', $ref: 'x', $id: 1 }, { status: 'A', nested: { _bsontype: 'Long', $set: 1, 'a.b': { '': 2 } } }, { status: 'A', deep },
      { status: 'A', 7: 'seven', 1: 'one', __proto__x: 1, 'dotted.name': [1, 2 ** 53 - 1, 1e300, -0.5] }, ['an', 'array'], 'text', 7, null,
    ];
    await store.apply('t', undefined, '1', odd.map((row, i) => ({ table: name, key: `k${i}`, row })));
    expect((await store.scan(name, undefined, 99)).map(({ row }) => row)).toEqual(odd);
    expect(await store.count(name, { where: { status: 'A' } })).toBe(5);
  });
});

function stagesOf(plan: Document): string[] {
  const inner = [plan['inputStage'], ...((plan['inputStages'] ?? []) as Document[])].filter(stage => stage !== undefined) as Document[];
  return [...(plan['stage'] === undefined ? [] : [plan['stage'] as string]), ...inner.flatMap(stagesOf), ...(plan['queryPlan'] === undefined ? [] : stagesOf(plan['queryPlan'] as Document))];
}
