import { anOrder, Journey } from './journey';
import { Subscriber } from './subscriber';
import { itEmbedded } from './stores-of-journeys';
import { ops } from '../copies/ops-process';

const OPS = { roles: ['ops' as const], sub: 'ops-lin' };
const FIELDS = `name state parked canSwitch canRollBack rebuild { processed total } lastRebuild { differences firstDifference switched error }
  operations { operationId kind state requestedBy reason key error rejection }`;

interface Operation {
  operationId: string;
  kind: string;
  state: string;
  requestedBy: string;
  reason: string | null;
  rejection: string | null;
}
interface Status {
  name: string;
  parked: number;
  canSwitch: boolean;
  canRollBack: boolean;
  lastRebuild: { differences: number; switched: boolean } | null;
  operations: Operation[];
}

describe('operations on the read models', () => {
  let journey: Journey;
  let orderNumber: string;
  const stream = 'order-TB.o-1';
  const name = 'order-status';
  const status = async () => (await journey.data<{ projections: Status[] }>(OPS, `{ projections { ${FIELDS} } }`)).projections.find((one) => one.name === name)!;
  const mutation = (text: string, fields: string): string => {
    const types = { reason: 'String', must: 'String!', key: 'String!', eventId: 'String' };
    const used = Object.entries(types).filter(([variable]) => text.includes(`$${variable}`)).map(([variable, type]) => `$${variable}: ${type}`);
    return `mutation${used.length === 0 ? '' : `(${used.join(', ')})`} { done: ${text} { ${fields} } }`;
  };
  const mutate = (text: string, variables: Record<string, unknown> = {}) => journey.data<Record<string, Status>>(OPS, mutation(text, FIELDS), variables);
  const refusal = async (text: string, variables: Record<string, unknown> = {}) =>
    (await journey.ask(OPS, mutation(text, 'name'), variables)).errors[0]?.extensions.rejection;
  const atRest = async (): Promise<Status> => {
    for (let looks = 0; looks < 400; looks++) {
      const now = await status();
      if (now.operations.every(({ state }) => state !== 'PENDING')) return now;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('It has not ended.');
  };
  const appendUnknown = async (id: string): Promise<void> => {
    const { eventStore, clock } = journey.orderTrail;
    const revision = (await eventStore.read(stream)).at(-1)!.revision;
    const meta = { occurredAt: clock.now(), actor: 'ops-lin', actorRole: 'ops', commandId: id, correlationId: id };
    await eventStore.append(stream, revision, [{ id, type: 'OrderGiftWrapped', version: 1, data: { orderNumber }, meta }]);
    expect(await journey.orderTrail.monitor.waitFor([name], await eventStore.end(), 20_000)).toBe(true);
  };

  beforeAll(async () => {
    journey = await Journey.start();
    orderNumber = (await journey.send('TB', 'orders', anOrder('o-1'))).body.items[0]!.orderNumber!;
    const sent = await journey.send('TB', 'orders', Array.from({ length: 10 }, (_, i) => anOrder(`o-${i + 2}`)));
    await journey.data(OPS, '{ projections { name } }', {}, { 'x-min-position': sent.body.position });
  }, 60_000);
  afterAll(() => journey.close());

  it('build rows that wait for a switch, put them in use, and put the former back', async () => {
    expect(await refusal(`switchProjection(name: "${name}", reason: $must)`, { must: 'too early' })).toBe('CandidateMissing');
    await mutate(`rebuildProjection(name: "${name}", reason: $reason, switch: false)`, { reason: 'doubts' });
    expect(await atRest()).toMatchObject({ canSwitch: true, canRollBack: false, lastRebuild: { differences: 0, switched: false, error: null } });
    expect(await refusal(`switchProjection(name: "${name}", reason: $must)`, { must: ' ' })).toBe('ReasonMissing');
    await journey.send('TB', 'orders', anOrder('o-99'));
    const { done } = await mutate(`switchProjection(name: "${name}", reason: $must)`, { must: 'no doubts' });
    expect(done).toMatchObject({ canSwitch: false, canRollBack: true, operations: [{ kind: 'SWITCH', state: 'DONE', requestedBy: 'ops-lin', reason: 'no doubts' }, { kind: 'KEEP' }, { kind: 'SWITCH', state: 'FAILED', rejection: 'CandidateMissing' }] });
    const back = (await mutate(`rollbackProjection(name: "${name}", reason: $must)`, { must: 'doubts again' })).done!;
    expect(back).toMatchObject({ canSwitch: false, canRollBack: true });
    expect(back.operations[0]).toMatchObject({ kind: 'ROLLBACK', state: 'DONE' });
    await mutate(`rebuildProjection(name: "${name}", reason: $reason)`);
    expect(await atRest()).toMatchObject({ lastRebuild: { differences: 0, switched: true, error: null } });
  }, 60_000);

  it('leave a parked event out for good, once there is a reason, and take up what waits behind it', async () => {
    const id = 'b1f1f0f6-0000-4000-8000-00000000000a';
    await appendUnknown(id);
    const { parkedEvents } = await journey.data<{ parkedEvents: object[] }>(OPS, `{ parkedEvents(projection: "${name}") { projection key eventId position error attempts waitingBehind } }`);
    expect(parkedEvents).toEqual([{ projection: name, key: stream, eventId: id, position: expect.any(String), error: expect.stringContaining('OrderGiftWrapped'), attempts: 1, waitingBehind: 0 }]);
    expect((await mutate(`retryParked(projection: "${name}", key: $key)`, { key: stream })).done).toMatchObject({ parked: 1 });
    expect(await refusal(`skipParked(projection: "${name}", key: $key, reason: $must)`, { key: stream, must: '' })).toBe('ReasonMissing');
    for (const asked of ['retryParked(projection: "order-status", key: $key)', 'skipParked(projection: "order-status", key: $key, reason: "r")']) expect(await refusal(asked, { key: 'order-TB.none' })).toBe('NothingParked');
    expect(await refusal(`skipParked(projection: "${name}", key: $key, reason: $must, eventId: $eventId)`, { key: stream, must: 'r', eventId: 'another' })).toBe('ParkedEventMoved');
    const { done } = await mutate(`skipParked(projection: "${name}", key: $key, reason: $must, eventId: $eventId)`, { key: stream, must: 'a test of theirs', eventId: id });
    expect(done!.parked).toBe(0);
    expect(done!.operations[0]).toMatchObject({ kind: 'SKIP', state: 'DONE', reason: 'a test of theirs' });
    expect(await journey.data(OPS, 'query($n: ID!) { order(orderNumber: $n) { staleSince } }', { n: orderNumber })).toEqual({ order: { staleSince: null } });
    await mutate(`rebuildProjection(name: "${name}", reason: $reason)`);
    expect(await atRest()).toMatchObject({ parked: 0, lastRebuild: { differences: 0, error: null } });
    await journey.restart();
    expect(await status()).toMatchObject({ parked: 0 });
  }, 60_000);

  it('are told as they go on, at most twice a second, to those who may read them', async () => {
    const subscriber = await Subscriber.connect(journey.url, await journey.token({ roles: ['auditor'] }));
    const stranger = await Subscriber.connect(journey.url, await journey.token({ roles: ['csr'] }));
    const PROGRESS = `subscription($name: String) { projectionProgress(name: $name) { ${FIELDS} } }`;
    stranger.send('1', PROGRESS);
    expect(JSON.stringify(await stranger.next())).toContain('FORBIDDEN');
    stranger.close();
    subscriber.send('no', PROGRESS, { name: 'none' });
    expect(JSON.stringify(await subscriber.next())).toContain('NOT_FOUND');
    subscriber.send('1', PROGRESS, { name });
    const next = async () => ((await subscriber.next()) as { payload: { data: { projectionProgress: Status } } }).payload.data.projectionProgress;
    expect(await next()).toMatchObject({ name, state: 'LIVE' });
    const sinceMs = Date.now();
    const { done } = await mutate(`rebuildProjection(name: "${name}", reason: $reason)`, { reason: 'told' });
    const { operationId } = done!.operations.find(({ reason }) => reason === 'told')!;
    let count = 0;
    for (let isDone = false; !isDone; count++) isDone = (await next()).operations.some((one) => one.operationId === operationId && one.state === 'DONE');
    expect(count).toBeLessThanOrEqual(2 + (Date.now() - sinceMs) / 500);
    subscriber.close();
  }, 30_000);

  itEmbedded('go by the command line too, with their refusals as exit codes', async () => {
    const run = (...words: string[]) => ops({ ORDERTRAIL_DATA: journey.directory }, 'projections', ...words);
    const results = [
      await run('status'), await run('rebuild', name, '--keep', '--reason', 'r', '--json'), await run('switch', name, '--reason', 'r'), await run('rollback', name, '--reason', 'r', '--json'),
      await run('verify', name), await run('parked', 'list', '--json'), await run('parked', 'retry', name, 'none'),
      await run('switch', name, '--reason', 'again'), await run('parked', 'skip', name, 'none', '--reason', 'r'), await run('rollback', 'none', '--reason', 'r'),
      await run('switch', name), await run('parked', 'skip', name, 'none'), await run('parked', 'list', 'none'),
    ];
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 1]);
    const [stands, kept, switched, rolledBack, verified, parked] = results.map(({ out }) => out);
    expect(switched).toContain('`ops projections rollback order-status --reason WHY` puts the others back.');
    expect(stands).toMatch(/order-status +\d+ +LIVE/);
    expect(JSON.parse(kept!)).toMatchObject([{ name, differences: 0, switched: false, reason: 'r' }]);
    expect(JSON.parse(rolledBack!)).toMatchObject({ kind: 'ROLLBACK', state: 'DONE', requestedBy: 'ops-cli' });
    expect(verified).toMatch(/^projection +events of its streams +differing rows +first difference\n[- ]+\norder-status +\d+ +0 *\n$/);
    expect(JSON.parse(parked!)).not.toContainEqual(expect.objectContaining({ projection: name }));
    expect(results[7]!.err).toMatch(/^The projection order-status has no rows that were built and kept\. .*rebuild order-status --keep/);
    for (const asked of [6, 8]) expect(results[asked]!.err).toBe('Nothing of order-status is parked under none.\n');
    for (const asked of [9, 12]) expect(results[asked]!.err).toBe("There is no projection none. See 'ops projections status'.\n");
  }, 120_000);
});
