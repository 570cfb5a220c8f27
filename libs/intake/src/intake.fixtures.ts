// A small log in memory that keeps what the port of the event store promises to intake, and an intake upon it with the
// real deciders. The store can be told to fail, and the look-up of order numbers to be behind.
import { DECIDERS, DEFAULT_APPROVAL_POLICY, DEFAULT_SETTINGS, type OrderState } from '@app/domain';
import { categoryOf, type NewEvent, type Recorded } from '@app/kernel';
import { type AppendResult, DecidingExecutor, type EventStore, type ExpectedRevision, PersonalData, type ScanBatch, type ScanOptions, SeededRandomness, TestClock } from '@app/runtime';
import { Intake } from './intake';
import type { IntakeSource } from './quarantine';

class SmallLog {
  readonly origin = '0'.repeat(16);
  readonly events: Recorded[] = [];
  private readonly streams = new Map<string, Recorded[]>();
  /** Appends that still succeed. */
  appendsLeft = Number.POSITIVE_INFINITY;

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    await new Promise(setImmediate);
    if (this.appendsLeft-- <= 0) throw new Error('No space left on device.');
    const known = this.streams.get(stream) ?? [];
    const actual: ExpectedRevision = known.length === 0 ? 'none' : known.length - 1;
    if (actual !== expected) return { outcome: 'conflict', actual };
    for (const event of events) {
      const position = String(this.events.length + 1).padStart(16, '0');
      const recorded: Recorded = { ...structuredClone(event), stream, revision: known.length, position, recordedAt: event.meta.occurredAt };
      known.push(recorded);
      this.events.push(recorded);
    }
    this.streams.set(stream, known);
    return { outcome: 'appended', revision: known.length - 1, position: this.events.at(-1)!.position };
  }

  async read(stream: string, fromRevision = 0): Promise<readonly Recorded[]> {
    return structuredClone((this.streams.get(stream) ?? []).slice(fromRevision));
  }

  async end(): Promise<string> {
    return this.events.at(-1)?.position ?? this.origin;
  }

  async *scan({ upTo, categories, after = this.origin }: ScanOptions): AsyncGenerator<ScanBatch> {
    yield { events: this.events.filter(({ stream, position }) => position > after && position <= upTo && categories.includes(categoryOf(stream))), token: upTo };
  }
}

export interface IntakeUnderTest {
  log: SmallLog;
  intake: Intake;
  clock: TestClock;
  /** Order numbers that the look-up does not find, as if its rows were behind for ever. */
  hidden: Set<string>;
  stateOf(stream: string): Promise<OrderState>;
  /** Types of the events of a stream. */
  typesOf(stream: string): Promise<string[]>;
}

export function intakeUnderTest(log = new SmallLog()): IntakeUnderTest {
  const clock = new TestClock();
  const random = new SeededRandomness(log.events.length + 1);
  const settings = [{ ...DEFAULT_SETTINGS, version: 1, publishedAt: '2020-01-01T00:00:00.000Z', publishedBy: 'ordertrail' }];
  const policies = [{ version: 1, publishedAt: '2020-01-01T00:00:00.000Z', publishedBy: 'ordertrail', rules: DEFAULT_APPROVAL_POLICY }];
  const vault = { find: () => Promise.reject(new Error('nothing is sealed')), adopt: () => Promise.reject(new Error('nothing is sealed')), destroy: () => Promise.resolve(), subjects: async () => [] };
  const executor = new DecidingExecutor({
    store: log as unknown as EventStore,
    deciders: DECIDERS as Readonly<Record<string, never>>,
    personalData: new PersonalData({}, vault, random),
    prepare: (category, command) => (category === 'order' ? Object.assign(command, { context: { settings, catalogue: null, policies, turnoverOfOthers: 0 } }) : command),
  });
  const hidden = new Set<string>();
  const lookUpOrder = async (orderNumber: string): Promise<{ stream: string } | undefined> => {
    await new Promise(setImmediate);
    const placed = log.events.find(({ type, data }) => type === 'OrderPlaced' && (data as { orderNumber: string }).orderNumber === orderNumber);
    return placed === undefined || hidden.has(orderNumber) ? undefined : { stream: placed.stream };
  };
  return {
    log,
    clock,
    hidden,
    intake: new Intake({ executor, eventStore: log, clock, random, zone: 'Asia/Shanghai', lookUpOrder }),
    stateOf: async (stream) => (await executor.load<OrderState>(stream)).state,
    typesOf: async (stream) => (await log.read(stream)).map(({ type }) => type),
  };
}

export const SOURCE: IntakeSource = { system: 'TB', actor: { id: 'TB', role: 'integration' }, history: false, omits: [] };

/** An order that passes every field check. */
export function order(externalId: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    externalId, placedAt: '2026-01-09T10:00:00+08:00', total: '30.00', freight: '10.00',
    customer: { customerId: 'C1', name: '李雷', phone: '13900000000' },
    shippingAddress: { province: '浙江', city: '杭州', detail: '文三路 1 号' },
    lines: [{ lineId: '1', sku: 'CUP', quantity: 2, unitPrice: '10.00' }],
    ...changes,
  };
}
