// What an action does to the order is done once and recorded once, wherever whoever carries it out is killed, whoever goes on with it,
// and whoever writes to the case meanwhile.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DECIDERS, DEFAULT_APPROVAL_POLICY, DEFAULT_SETTINGS, type ExceptionActionCarriedOut, exceptionStream, type ExceptionState, ORDER_PERSONAL_DATA, publishShippedSops, SOP_STREAM } from '@app/domain';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import { type Command, plusSeconds } from '@app/kernel';
import { type CommandExecutor, DecidingExecutor, type EventStore, LocalSignals, PersonalData, SystemRandomness, TestClock } from '@app/runtime';
import { dyingAtAppend, Killed } from '@test/dsl';
import { ExceptionContext } from './exception-context';

const AT = '2026-01-09T02:00:00.000Z';
const WANG = { id: 'wang', role: 'ops' };
const POLICY = { id: 'policy:exception-follow-up', role: 'system' };
const published = { version: 1, publishedAt: AT, publishedBy: 'system' };
const CONTEXT = {
  settings: [{ ...DEFAULT_SETTINGS, ...published }], catalogue: null, policies: [{ ...published, rules: DEFAULT_APPROVAL_POLICY }], turnoverOfOthers: 0, routing: { people: new Map(), loads: new Map(), zone: 'Asia/Shanghai' },
};

describe('an action of an exception case', () => {
  const path = mkdtempSync(join(tmpdir(), 'ordertrail-'));
  const clock = new TestClock(AT);
  let directory: DataDirectory;
  let store: EmbeddedEventStore;
  let personalData: PersonalData;
  let serial = 0;
  let seconds = 0;

  /** With memory of its own. */
  function process(over: EventStore = store): CommandExecutor {
    const exceptions = new ExceptionContext(over);
    const executor: CommandExecutor = new DecidingExecutor({
      store: over, deciders: DECIDERS, personalData,
      prepare: (category, command, state) => (category === 'exception' ? exceptions.prepare(command, state as ExceptionState, executor) : category === 'order' ? Object.assign(command, { context: CONTEXT }) : command),
    });
    return executor;
  }
  /** Later than the one before. */
  async function give(stream: string, command: object, executor = process()): Promise<void> {
    const at = plusSeconds(AT, (seconds += 1));
    expect(await executor.execute(stream, { actor: WANG, at, ...command } as unknown as Command)).toMatchObject({ outcome: 'done' });
  }

  /** A case whose order is on hold under the case's id, or not held. */
  async function heldCase(held = true): Promise<{ exceptionId: string; order: string }> {
    const [externalId, exceptionId] = [String((serial += 1)), `x-${serial}`];
    const order = `order-TB.${externalId}`;
    const orderNumber = `TB202601090${externalId}`;
    const content = {
      shopId: null, placedAt: AT, placedBy: null, paymentTerms: 'PREPAID', customer: { customerId: 'c-1', tier: 'REGULAR', name: '张三', phone: '13800000000', email: null },
      shippingAddress: { country: 'CN', province: '浙江', city: '杭州', district: '西湖', detail: '文三路 1 号', postcode: null },
      lines: [{ lineId: '1', sku: 'TEA', title: 'Tea', category: 'tea', quantity: 1, unitPrice: 19_990 }], freight: 0, discount: 0, total: 19_990,
    };
    await give(order, { type: 'TakeOrder', id: `take-order-${externalId}`, platform: 'TB', externalId, orderNumber, currency: 'CNY', updatedAt: null, content, system: 'TB', factId: externalId, history: false, omits: [] });
    if (held) await give(order, { type: 'PlaceHold', id: `hold-${externalId}`, holdId: exceptionId, reason: 'r', expiresAt: null });
    await give(exceptionStream(exceptionId), { type: 'RaiseException', id: `raise-${externalId}`, exceptionId, exceptionType: 'EXEMPTION_NOT_UPHELD', orderNumber, order, evidence: {} });
    return { exceptionId, order };
  }

  /** As a mutation does: sent again, under the same ids. */
  async function act(exceptionId: string, over?: EventStore): Promise<void> {
    const executor = process(over);
    const ofCase = { exceptionId, actionId: `a-${exceptionId}` };
    await give(exceptionStream(exceptionId), { ...ofCase, type: 'TakeAction', id: `a-${exceptionId}`, action: 'RELEASE_HOLD', note: null }, executor);
    await give(exceptionStream(exceptionId), { ...ofCase, type: 'CarryOutAction', id: `b-${exceptionId}` }, executor);
  }

  const outcomes = async ({ exceptionId, order }: { exceptionId: string; order: string }) => [
    ...(await store.read(order)).filter(({ type }) => type === 'HoldReleased').map(({ meta }) => meta.actor),
    ...(await store.read(exceptionStream(exceptionId))).filter(({ type }) => type === 'ExceptionActionCarriedOut').map(({ data }) => (data as ExceptionActionCarriedOut['data']).refusal),
  ];

  beforeAll(async () => {
    directory = DataDirectory.own(path, { startedAt: clock.now() });
    store = await EmbeddedEventStore.open({ directory, clock, signals: new LocalSignals() });
    personalData = new PersonalData(ORDER_PERSONAL_DATA, store.openKeyVault(new Uint8Array(32).fill(7), new SystemRandomness()), new SystemRandomness());
    await give(SOP_STREAM, publishShippedSops({ id: 'sops', actor: WANG, at: AT }));
  });
  afterAll(async () => {
    await store.close();
    directory.release();
    rmSync(path, { recursive: true });
  });

  // Taken, done to the order, recorded.
  it.each([[0, false], [0, true], [1, false], [1, true], [2, false], [2, true]] as const)('is carried out once when whoever took it is killed at append %i (written: %s)', async (place, written) => {
    for (const policyFirst of [false, true]) {
      const held = await heldCase();
      const { exceptionId } = held;
      await expect(act(exceptionId, dyingAtAppend(store, place, written))).rejects.toThrow(Killed);
      const wasTaken = place > 0 || written;
      if (policyFirst && wasTaken) {
        await give(exceptionStream(exceptionId), { type: 'CarryOutAction', id: `policy-${exceptionId}`, actor: POLICY, exceptionId, actionId: `a-${exceptionId}` });
        expect(await outcomes(held)).toEqual(['wang', null]);
      }
      await act(exceptionId);
      await act(exceptionId);
      expect(await outcomes(held)).toEqual(['wang', null]);
    }
  });

  it('that the order refused is not done later, when the order would take it and whoever was to go on with it comes late', async () => {
    const free = await heldCase(false);
    const stream = exceptionStream(free.exceptionId);
    await act(free.exceptionId);
    expect(await outcomes(free)).toMatchObject([{ code: 'HoldNotFound' }]);
    await give(free.order, { type: 'PlaceHold', id: `hold-${free.exceptionId}`, holdId: free.exceptionId, reason: 'r', expiresAt: null });
    await give(stream, { type: 'CarryOutAction', id: `late-${free.exceptionId}`, actor: POLICY, exceptionId: free.exceptionId, actionId: `a-${free.exceptionId}` });
    expect(await outcomes(free)).toMatchObject([{ code: 'HoldNotFound' }]);
  });

  it('is carried out once when somebody else writes to the case before it is recorded', async () => {
    const held = await heldCase();
    const stream = exceptionStream(held.exceptionId);
    let appends = 0;
    const append: EventStore['append'] = async (...args) => {
      if (args[0] === stream && (appends += 1) === 2) await give(stream, { type: 'ClaimException', id: `claim-${held.exceptionId}`, actor: { id: 'root', role: 'admin' }, exceptionId: held.exceptionId });
      return store.append(...args);
    };
    await act(held.exceptionId, Object.assign(Object.create(store) as EventStore, { append }));
    expect(appends).toBe(3);
    expect(await outcomes(held)).toEqual(['wang', null]);
  });
});
