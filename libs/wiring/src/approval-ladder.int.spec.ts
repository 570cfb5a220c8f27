// Reviews followed over a real log by a policy runner that dies: whatever it was about to do, or had just done, when it died and was
// started again on the same files, the log tells the same story in the end as if nobody had ever died.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APPROVAL_POLICY_STREAM, publishDefaults, publishShippedPolicy, ROSTER_STREAM, SETTINGS_STREAM, staffStream, type TaskChange } from '@app/domain';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import { type Command, plusSeconds, type Recorded } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { type CommandExecutor, type CommandResult, type KeyVault, LocalSignals, PolicyRunner, SystemRandomness, TestClock } from '@app/runtime';
import { makeTakeOrder } from '../../domain/src/order/order.fixtures';
import { businessZone } from './business-zone';
import { executorOver, openSources } from './executor';
import { POLICIES } from './registry';
import { RowsAtHand } from './rows-at-hand';

const START = '2026-01-09T02:01:00.000Z';
const ADMIN = { id: 'root', role: 'admin' };
const HOUR_MS = 3_600_000;
const FOLLOWERS = POLICIES.filter(({ name }) => name === 'approval-tasks' || name === 'approval-alerts');

/** 60,000.00 CNY: a sales director, then two of finance. 6,000.00 CNY: a regional manager. */
const order = (externalId: string, orderNumber: string, total: number) =>
  makeTakeOrder({ paymentTerms: 'CREDIT', lines: [{ lineId: '1', sku: 'TEA-100', title: 'Green tea', category: 'tea', quantity: 1, unitPrice: total }], freight: 0, total }, { id: `take-${externalId}`, externalId, orderNumber, factId: `f-${externalId}` });

/** Whoever follows dies at each command when it is given for the first time: nothing more is done, `before`: nor is that one. */
type Death = 'before' | 'after';

class Company {
  readonly clock = new TestClock(START);
  private readonly random = new SystemRandomness();
  private readonly signals = new LocalSignals();
  private keyVault!: KeyVault;
  private data!: DataDirectory;
  private log!: EmbeddedEventStore;
  private rows!: EmbeddedReadModels;
  private executor!: CommandExecutor;
  private runner!: PolicyRunner;
  /** Ids of the commands that the policies have given. */
  private readonly given = new Set<string>();
  private isDead = false;
  private underWay = 0;
  /** How far each policy has come. */
  private readonly reached = new Map<string, string>();

  constructor(
    private readonly path: string,
    private readonly death: Death | undefined,
  ) {
    this.signals.subscribe('projected', ({ projection, position }) => void this.reached.set(projection, position));
  }

  get commands(): number {
    return this.given.size;
  }

  async open(): Promise<void> {
    this.data = DataDirectory.own(this.path, { startedAt: this.clock.now() });
    this.log = await EmbeddedEventStore.open({ directory: this.data, clock: this.clock, signals: this.signals });
    this.keyVault = this.log.openKeyVault(new Uint8Array(32).fill(7), this.random);
    this.executor = this.newExecutor();
  }

  /** Whoever follows knows nothing but what was kept. */
  async start(): Promise<void> {
    this.isDead = false;
    this.reached.clear();
    this.executor = this.newExecutor();
    this.rows = EmbeddedReadModels.open(join(this.path, 'policies.db'));
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const executor = { execute: (stream: string, command: Command) => this.execute(stream, command) };
    this.runner = new PolicyRunner({ log: this.log, store: this.rows, signals: this.signals, clock: this.clock, executor, policies: FOLLOWERS, logger });
    await this.runner.start();
  }

  /** Everything that follows from what was done is done, then time goes on, then everything that follows from that. */
  async pass(hours: number): Promise<void> {
    await this.settle();
    await this.clock.leap(hours * HOUR_MS);
    await this.settle();
  }

  async done(stream: string, command: object): Promise<void> {
    expect(await this.executor.execute(stream, { actor: ADMIN, at: this.clock.now(), ...command } as Command)).toMatchObject({ outcome: 'done' });
  }

  async person(staffId: string, roles: string[], more: object = {}): Promise<void> {
    await this.done(ROSTER_STREAM, { id: `list-${staffId}`, type: 'ListStaff', staffId });
    await this.done(staffStream(staffId), { id: `register-${staffId}`, type: 'RegisterStaff', staffId, name: staffId, roles, ...more });
  }

  async begin(): Promise<void> {
    await businessZone(undefined, { executor: this.executor, eventStore: this.log, clock: this.clock });
    await this.done(SETTINGS_STREAM, publishDefaults({ id: 'settings', actor: ADMIN, at: this.clock.now() }));
    await this.done(APPROVAL_POLICY_STREAM, publishShippedPolicy({ id: 'policy', actor: ADMIN, at: this.clock.now() }));
  }

  /** Of every stream of an order or an alert, what happened in it: without what differs from run to run by nature. */
  async story(): Promise<Record<string, unknown[]>> {
    const streams: Record<string, unknown[]> = {};
    for (const event of await this.events()) (streams[event.stream] ??= []).push({ type: event.type, at: event.meta.occurredAt, by: event.meta.actor, ...told(event) });
    return Object.fromEntries(Object.entries(streams).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async close(): Promise<void> {
    await this.stop();
    await this.log.close();
    this.data.release();
  }

  private async stop(): Promise<void> {
    await this.runner.stop();
    await this.rows.close();
  }

  private newExecutor(): CommandExecutor {
    const rows = new RowsAtHand();
    // No projection runs here: nothing is counted, and nobody need wait until it is.
    rows.use({ getMany: async (_, keys) => keys.map(() => undefined), position: () => this.log.end() });
    return executorOver(this.log, openSources({ eventStore: this.log, keyVault: this.keyVault }, this.random, rows));
  }

  private async events(): Promise<Recorded[]> {
    const [events, stop] = [[] as Recorded[], new AbortController()];
    for await (const batch of this.log.subscribe({ categories: ['order', 'alert'], signal: stop.signal })) {
      events.push(...batch.events);
      if (batch.live) break;
    }
    stop.abort();
    return events;
  }

  private async execute(stream: string, command: Command): Promise<CommandResult> {
    if (this.isDead) throw new Error('dead');
    const dies = this.death !== undefined && !this.given.has(command.id);
    this.given.add(command.id);
    if (dies) this.isDead = true;
    if (dies && this.death === 'before') throw new Error('dead');
    this.underWay += 1;
    try {
      const result = await this.executor.execute(stream, command);
      if (dies) throw new Error('dead');
      return result;
    } finally {
      this.underWay -= 1;
    }
  }

  /** Whoever has died is started again on the same files. */
  private async settle(): Promise<void> {
    for (;;) {
      await this.quiet();
      if (!this.isDead) return;
      await this.stop();
      await this.start();
    }
  }

  /** Until every policy has come to the end of the log and no timer waits, or somebody has died. */
  private async quiet(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.isDead && this.underWay === 0) return;
      const end = await this.log.end();
      if (FOLLOWERS.every(({ name }) => (this.reached.get(name) ?? '') >= end) && !(await this.hasDue()) && end === (await this.log.end())) return;
    }
  }

  private async hasDue(): Promise<boolean> {
    const tables = FOLLOWERS.map(({ todo }) => `${todo.name}@${todo.version}.1`);
    const due = await Promise.all(tables.map((table) => this.rows.count(table, { range: [{ field: 'due', lte: this.clock.now() }] })));
    return due.some((n) => n > 0);
  }
}

function told({ data }: Recorded): object {
  const { tasks, alertId, reason, taskId } = data as { tasks?: readonly TaskChange[]; alertId?: string; reason?: string; taskId?: string };
  return { taskId, alertId, reason, tasks: tasks?.map(({ was, is }) => ({ taskId: is.taskId, was: was?.status, is: is.status, assignee: is.assignee, assignedAt: is.assignedAt, dueAt: is.dueAt, rung: is.rung })) };
}

/** Up the whole ladder, a departure, delegations that begin and end, and somebody who comes at last. */
async function live(path: string, death?: Death): Promise<{ story: Record<string, unknown[]>; commands: number }> {
  const company = new Company(path, death);
  await company.open();
  await company.begin();
  await company.start();
  await company.person('ceo', []);
  await company.person('boss', [], { supervisor: 'ceo' });
  await company.person('wu', []);
  await company.person('li', ['sales-director'], { supervisor: 'boss', backup: 'wu' });
  for (const [externalId, number, total] of [['1', 'TB2026010900001', 6_000_000], ['2', 'TB2026010900002', 600_000], ['3', 'TB2026010900003', 600_000]] as const) {
    await company.done(`order-TB.${externalId}`, order(externalId, number, total));
  }
  await company.pass(1);
  // Somebody for the two orders that nobody could take.
  await company.person('chen', ['regional-manager'], { backup: 'wu' });
  await company.pass(1);
  // Away for an hour: what the delegate has not decided comes back.
  await company.done(staffStream('chen'), { id: 'errand', type: 'CarryOutDelegation', staffId: 'chen', seen: [], delegation: { to: 'wu', from: company.clock.now(), until: plusSeconds(company.clock.now(), 3_600), maxAmount: null } });
  await company.pass(1);
  await company.done(staffStream('chen'), { id: 'delegate', type: 'CarryOutDelegation', staffId: 'chen', seen: [], delegation: { to: 'wu', from: plusSeconds(company.clock.now(), 3_600), until: plusSeconds(company.clock.now(), 7_200), maxAmount: null } });
  await company.pass(1);
  await company.done(staffStream('wu'), { id: 'depart', type: 'MarkDeparted', staffId: 'wu' });
  for (let hours = 0; hours < 48; hours += 4) await company.pass(4);
  const result = { story: await company.story(), commands: company.commands };
  await company.close();
  return result;
}

describe('a review is followed to the end of its ladder', () => {
  const paths: string[] = [];
  const fresh = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'ordertrail-ladder-'));
    paths.push(path);
    return path;
  };
  afterAll(() => {
    for (const path of paths) rmSync(path, { recursive: true });
  });

  it('once, however often and wherever its follower dies', async () => {
    const alive = await live(fresh());
    const types = Object.values(alive.story).flat().map((event) => (event as { type: string }).type);
    expect(types.filter((type) => type === 'TaskHandedOver')).toHaveLength(10);
    expect(types.filter((type) => type === 'TaskOverdue')).toHaveLength(3);
    expect(types.filter((type) => type === 'AlertRaised')).toHaveLength(13);
    for (const death of ['before', 'after'] as const) expect({ death, ...(await live(fresh(), death)) }).toEqual({ death, ...alive });
  }, 60_000);
});
