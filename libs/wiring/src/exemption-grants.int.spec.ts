// Quota and order agree in the end, wherever whoever grants an exemption is killed, whether it is tried again,
// whether the policy that watches quotas comes in between, and whether the order takes it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DECIDERS, DEFAULT_APPROVAL_POLICY, DEFAULT_SETTINGS, ORDER_PERSONAL_DATA, type OrderState, type QuotaState, quotaStream } from '@app/domain';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import { type Command, type Intent, plusSeconds, type Recorded } from '@app/kernel';
import { POLICIES } from '@app/policies';
import { type CommandResult, DecidingExecutor, type EventStore, LocalSignals, PersonalData, SystemRandomness, TestClock } from '@app/runtime';
import { dyingAtAppend, Killed } from '@test/dsl';
import { ExemptionGrants } from './exemption-grants';

const AT = '2026-01-09T02:00:00.000Z';
const LI = { id: 'li', role: 'frontline' };
const published = { version: 1, publishedAt: AT, publishedBy: 'system' };
const SETTINGS = [{ ...DEFAULT_SETTINGS, ...published, restrictedCategories: ['knives'] }];
const CONTEXT = { settings: SETTINGS, catalogue: null, policies: [{ ...published, rules: DEFAULT_APPROVAL_POLICY }], turnoverOfOthers: 0, routing: { people: new Map(), loads: new Map(), zone: 'Asia/Shanghai' } };
const policy = POLICIES.find(({ name }) => name === 'exemption-quota')!;

describe('an exemption', () => {
  const path = mkdtempSync(join(tmpdir(), 'ordertrail-'));
  const clock = new TestClock(AT);
  let directory: DataDirectory;
  let store: EmbeddedEventStore;
  let personalData: PersonalData;
  let serial = 0;

  const process = (over: EventStore = store) => new DecidingExecutor({ store: over, deciders: DECIDERS, personalData, prepare: (category, command) => (category === 'order' ? Object.assign(command, { context: CONTEXT }) : command) });
  const give = (stream: string, command: object) => process().execute(stream, { actor: LI, at: clock.now(), ...command } as unknown as Command);
  const grant = (externalId: string, staffId: string, over?: EventStore): Promise<CommandResult> => {
    const grants = new ExemptionGrants({ clock, zone: 'Asia/Shanghai', executor: process(over), context: { settings: async () => SETTINGS } });
    return grants.grant(`m-${externalId}`, { orderNumber: `TB2026010900${externalId}`, stream: `order-TB.${externalId}`, actor: { id: staffId, role: 'frontline' }, reason: 'an emergency', expiresAt: plusSeconds(AT, 86_400) });
  };
  const taken = async (staffId: string) => (await process().load<QuotaState>(quotaStream(staffId))).state.taken.length;
  const granted = async (externalId: string) => (await process().load<OrderState>(`order-TB.${externalId}`)).state.exemptions.length;

  /** Whatever the policy would do by now, having seen all. */
  async function policyLooks(externalId: string, staffId: string): Promise<void> {
    const rows = new Map<string, unknown>();
    const events: Recorded[] = [...(await store.read(quotaStream(staffId))), ...(await store.read(`order-TB.${externalId}`))];
    for (const event of events) for (const key of policy.todo.keys(event)) rows.set(key, policy.todo.fold(rows.get(key), event, key));
    for (const row of rows.values()) {
      if (row === undefined) continue;
      const intents: readonly Intent[] = policy.dueAt(row) === undefined ? (policy.react(events[0]!, row) as readonly Intent[]) : (policy.due(row, plusSeconds(AT, 600)) as readonly Intent[]);
      for (const { stream, command } of intents) await give(stream, { ...command, id: `policy-${(serial += 1)}` });
    }
  }

  async function takeOrder(): Promise<{ externalId: string; staffId: string }> {
    const externalId = String(100 + (serial += 1));
    const content = {
      shopId: null, placedAt: AT, placedBy: null, paymentTerms: 'CREDIT', customer: { customerId: 'c-1', tier: 'REGULAR', name: '张三', phone: '13800000000', email: null },
      shippingAddress: { country: 'CN', province: '浙江', city: '杭州', district: '西湖', detail: '文三路 1 号', postcode: null },
      lines: [{ lineId: '1', sku: 'KNIFE', title: 'Knife', category: 'knives', quantity: 1, unitPrice: 19_990 }], freight: 0, discount: 0, total: 19_990,
    };
    const command = { type: 'TakeOrder', id: `take-order-${externalId}`, platform: 'TB', externalId, orderNumber: `TB2026010900${externalId}`, currency: 'CNY', updatedAt: null, content, system: 'TB', factId: externalId, history: false, omits: [] };
    expect(await give(`order-TB.${externalId}`, command)).toMatchObject({ outcome: 'done' });
    return { externalId, staffId: `li-${externalId}` };
  }

  beforeAll(async () => {
    directory = DataDirectory.own(path, { startedAt: clock.now() });
    store = await EmbeddedEventStore.open({ directory, clock, signals: new LocalSignals() });
    personalData = new PersonalData(ORDER_PERSONAL_DATA, store.openKeyVault(new Uint8Array(32).fill(7), new SystemRandomness()), new SystemRandomness());
  });
  afterAll(async () => {
    await store.close();
    directory.release();
    rmSync(path, { recursive: true });
  });

  const deaths = [[0, false], [0, true], [1, false], [1, true]] as const;

  it.each(deaths)('is granted and counted once when its grantor is killed at append %i (written: %s) and tries again', async (place, written) => {
    for (const policyFirst of [false, true]) {
      const { externalId, staffId } = await takeOrder();
      await expect(grant(externalId, staffId, dyingAtAppend(store, place, written))).rejects.toThrow(Killed);
      if (policyFirst) await policyLooks(externalId, staffId);
      expect(await grant(externalId, staffId)).toMatchObject({ outcome: 'done' });
      expect(await grant(externalId, staffId)).toMatchObject({ outcome: 'done', repeated: true });
      await policyLooks(externalId, staffId);
      expect([await granted(externalId), await taken(staffId)]).toEqual([1, 1]);
    }
  });

  it.each(deaths)('counts if it was granted and only then, when its grantor is killed at append %i (written: %s) and never comes back', async (place, written) => {
    const { externalId, staffId } = await takeOrder();
    await expect(grant(externalId, staffId, dyingAtAppend(store, place, written))).rejects.toThrow(Killed);
    await policyLooks(externalId, staffId);
    expect(await taken(staffId)).toBe(await granted(externalId));
  });

  it.each(deaths)('that the order refuses does not count, killed at append %i (written: %s) or not', async (place, written) => {
    const { externalId, staffId } = await takeOrder();
    await give(`order-TB.${externalId}`, { type: 'CancelOrder', id: `cancel-${externalId}`, reason: 'no' });
    await expect(grant(externalId, staffId, dyingAtAppend(store, place, written))).rejects.toThrow(Killed);
    expect(await grant(externalId, staffId)).toMatchObject({ outcome: 'refused', rejection: { rejection: 'ReviewNotPending' } });
    expect([await granted(externalId), await taken(staffId)]).toEqual([0, 0]);
  });

  it('granted by somebody slow, after the policy has given its quota back, counts all the same', async () => {
    const { externalId, staffId } = await takeOrder();
    await expect(grant(externalId, staffId, dyingAtAppend(store, 0, true))).rejects.toThrow(Killed);
    await policyLooks(externalId, staffId);
    expect(await taken(staffId)).toBe(0);
    await give(`order-TB.${externalId}`, { type: 'GrantExemption', id: `m-${externalId}`, exemptionId: `m-${externalId}`, actor: { id: staffId, role: 'frontline' }, reason: 'an emergency', expiresAt: plusSeconds(AT, 86_400) });
    expect(await grant(externalId, staffId)).toMatchObject({ outcome: 'done', repeated: true });
    await policyLooks(externalId, staffId);
    expect([await granted(externalId), await taken(staffId)]).toEqual([1, 1]);
  });
});
