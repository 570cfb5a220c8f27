// A confirmed set is released to its last order, each once, wherever whoever is at it is killed,
// and when two processes are at it at the same time.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APPROVAL_POLICY_STREAM, type FrozenOrder, greenChannelStream, type GreenChannelState, greenOrder, type OrderState, publishDefaults, publishShippedPolicy, SETTINGS_STREAM } from '@app/domain';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import type { Command } from '@app/kernel';
import { type CommandExecutor, type EventStore, LocalSignals, SystemClock, SystemRandomness } from '@app/runtime';
import { dyingAtAppend, Killed } from '@test/dsl';
import { executorOver, openSources } from './executor';
import { RowsAtHand } from './rows-at-hand';

const OPS = { id: 'wang.ops', role: 'ops' };
const AT = '2026-01-09T02:00:00.000Z';
const ORDERS = 5;
/** One for the confirmation, one for each order, one for what they answered. */
const APPENDS = 1 + ORDERS + 1;

describe('a confirmed green channel', () => {
  const path = mkdtempSync(join(tmpdir(), 'ordertrail-'));
  const random = new SystemRandomness();
  let directory: DataDirectory;
  let eventStore: EmbeddedEventStore;
  let keyVault: ReturnType<EmbeddedEventStore['openKeyVault']>;
  let serial = 0;

  const process = (store: EventStore = eventStore): CommandExecutor => {
    const rows = new RowsAtHand();
    // As after a start with nothing to show: no turnover, nobody's tasks.
    rows.use({ getMany: async (_, keys) => keys.map(() => undefined), position: () => eventStore.end() });
    return executorOver(store, openSources({ eventStore, keyVault }, random, rows));
  };
  const give = (executor: CommandExecutor, stream: string, command: object) => executor.execute(stream, { actor: OPS, at: AT, ...command } as unknown as Command);
  const stateOf = async (token: string) => (await process().load<GreenChannelState>(greenChannelStream(token))).state;

  /** An order that must be looked at, and whose review is pending. */
  async function takeOrder(executor: CommandExecutor, externalId: string): Promise<FrozenOrder> {
    const stream = `order-TB.${externalId}`;
    const content = {
      shopId: null, placedAt: AT, placedBy: null, paymentTerms: 'CREDIT', customer: { customerId: 'c-1', tier: 'REGULAR', name: '张三', phone: '13800000000', email: null },
      shippingAddress: { country: 'CN', province: '浙江', city: '杭州', district: '西湖', detail: '文三路 1 号', postcode: null },
      lines: [{ lineId: '1', sku: 'TEA', title: 'Tea', category: 'tea', quantity: 1, unitPrice: 600_000 }], freight: 0, discount: 0, total: 600_000,
    };
    const command = { type: 'TakeOrder', id: `take-${externalId}`, platform: 'TB', externalId, orderNumber: `TB20260109${externalId.padStart(5, '0')}`, currency: 'CNY', updatedAt: null, content, system: 'TB', factId: externalId, history: false, omits: [] };
    expect(await give(executor, stream, command)).toMatchObject({ outcome: 'done' });
    return greenOrder(stream, (await executor.load<OrderState>(stream)).state, null)!;
  }

  async function previewed(): Promise<{ token: string; orders: FrozenOrder[] }> {
    const executor = process();
    const orders: FrozenOrder[] = [];
    for (let n = 0; n < ORDERS; n++) orders.push(await takeOrder(executor, String((serial += 1))));
    const token = `t-${serial}`;
    await give(executor, greenChannelStream(token), { type: 'FreezeGreenChannelOrders', id: `freeze-${token}`, token, orders });
    await give(executor, greenChannelStream(token), { type: 'PreviewGreenChannel', id: `preview-${token}`, token, filter: {}, maxAmount: null, expiresAt: '2026-01-09T02:15:00.000Z' });
    return { token, orders };
  }

  /** What a confirmation does, and a repeated one. */
  async function confirm(executor: CommandExecutor, token: string): Promise<void> {
    const stream = greenChannelStream(token);
    expect(await give(executor, stream, { type: 'ConfirmGreenChannel', id: `confirm-${token}`, token, reason: 'harmless' })).toMatchObject({ outcome: 'done' });
    for (;;) {
      const { completed, outcomes } = (await executor.load<GreenChannelState>(stream)).state;
      if (completed) return;
      await give(executor, stream, { type: 'ContinueGreenChannel', id: `${token}/${outcomes.length}`, token });
    }
  }

  async function expectAllReleasedOnce(token: string, orders: readonly FrozenOrder[]): Promise<void> {
    expect(await stateOf(token)).toMatchObject({ completed: true, outcomes: orders.map(({ orderNumber }) => ({ orderNumber, rejection: null })) });
    for (const { stream } of orders) {
      const decided = (await eventStore.read(stream)).filter(({ type }) => type === 'ReviewDecided');
      expect(decided).toMatchObject([{ meta: { actor: OPS.id }, data: { outcome: 'EXEMPTED', exemption: { by: OPS.id, reason: 'harmless' } } }]);
    }
    const types = (await eventStore.read(greenChannelStream(token))).map(({ type }) => type);
    expect(types).toEqual(['GreenChannelOrdersFrozen', 'GreenChannelPreviewed', 'GreenChannelConfirmed', 'GreenChannelAdvanced', 'GreenChannelCompleted']);
  }

  beforeAll(async () => {
    const clock = new SystemClock();
    directory = DataDirectory.own(path, { startedAt: clock.now() });
    eventStore = await EmbeddedEventStore.open({ directory, clock, signals: new LocalSignals() });
    keyVault = eventStore.openKeyVault(new Uint8Array(32).fill(7), random);
    const base = { actor: OPS, at: '2026-01-01T00:00:00.000Z' };
    await process().execute(SETTINGS_STREAM, publishDefaults({ ...base, id: 'settings' }));
    await process().execute(APPROVAL_POLICY_STREAM, publishShippedPolicy({ ...base, id: 'policy' }));
  });
  afterAll(async () => {
    await eventStore.close();
    directory.release();
    rmSync(path, { recursive: true });
  });

  it.each(Array.from({ length: APPENDS }, (_, place) => [[place, false] as const, [place, true] as const]).flat())('killed at append %i (written: %s) is finished by the next one', async (place, written) => {
    const { token, orders } = await previewed();
    await expect(confirm(process(dyingAtAppend(eventStore, place, written)), token)).rejects.toThrow(Killed);
    await confirm(process(), token);
    await expectAllReleasedOnce(token, orders);
  });

  it('is finished once by two processes at the same time', async () => {
    const { token, orders } = await previewed();
    await Promise.all([confirm(process(), token), confirm(process(), token)]);
    await expectAllReleasedOnce(token, orders);
  });

  it('goes past orders that refuse, each with its reason', async () => {
    const { token, orders } = await previewed();
    await give(process(), orders[1]!.stream, { type: 'CancelOrder', id: `cancel-${token}`, reason: 'no' });
    await confirm(process(), token);
    const { outcomes } = await stateOf(token);
    expect(outcomes.map(({ rejection }) => rejection?.code ?? null)).toEqual([null, 'ReviewNotPending', null, null, null]);
    expect((await eventStore.read(greenChannelStream(token))).at(-1)).toMatchObject({ type: 'GreenChannelCompleted', data: { succeeded: 4, failed: 1 } });
  });
});
