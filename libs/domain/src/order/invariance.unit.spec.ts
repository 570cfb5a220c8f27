// Whatever the order in which facts arrive, the standing comes out the same: facts of every kind, before and after their order,
// with amendments and failing checks among them. A failing seed is printed with its shrunken history.
import fc from 'fast-check';
import { isRejection } from '@app/kernel';
import { ask } from '../approval/approval.fixtures';
import { aPerson } from '../staff/staff.fixtures';
import { orderDecider } from './order.decider';
import type { Fact, OrderCommand, TakeOrder } from './order.commands';
import type { LineQuantity, OrderLine, PaymentTerms } from './order.events';
import type { OrderState, PlacedOrder } from './order.state';
import { conclude } from './conclusion';
import { CONTENT, CONTEXT, makeReport, makeTakeOrder, minute, OPS } from './order.fixtures';

const RUNS = Number(process.env['INVARIANCE_RUNS'] ?? 400);
/** Few distinct instants, so that facts often share one. */
const at = fc.integer({ min: 0, max: 12 }).map((quarter) => minute(quarter * 10));
const lineId = fc.constantFrom('1', '2', '3');
const quantities: fc.Arbitrary<LineQuantity[]> = fc.uniqueArray(fc.record({ lineId, quantity: fc.integer({ min: 1, max: 3 }) }), {
  minLength: 1, maxLength: 3, selector: ({ lineId: id }) => id,
});
const someLines = fc.option(quantities, { nil: null });
const shipmentId = fc.constantFrom('s-1', 's-2', 's-3');
const amount = fc.constantFrom('100.00', '200.00', '50.00');

const fact: fc.Arbitrary<Fact> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ topic: fc.constant('payments' as const), paymentId: fc.constantFrom('p-1', 'p-2'), status: fc.constantFrom('PAID', 'PAID', 'PAID', 'FAILED', 'REFUNDED'), amount, at, reason: fc.constant(null) }) },
  { weight: 2, arbitrary: fc.record({ topic: fc.constant('fulfilment' as const), status: fc.constantFrom('ALLOCATED', 'ALLOCATED', 'SHORTAGE'), warehouse: fc.constant('HZ-1'), lines: someLines, at }) },
  { weight: 3, arbitrary: fc.record({ topic: fc.constant('fulfilment' as const), status: fc.constant('DISPATCHED' as const), shipmentId, warehouse: fc.constant(null), carrier: fc.constantFrom('SF', 'YT'), trackingNumber: fc.constant(null), lines: someLines, at }) },
  { weight: 4, arbitrary: fc.record({ topic: fc.constant('tracking' as const), shipmentId, status: fc.constantFrom('IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'DELIVERED', 'REFUSED', 'LOST', 'RETURNED'), at, note: fc.constant(null) }) },
  { weight: 2, arbitrary: fc.record({ topic: fc.constant('settlements' as const), amount, at }) },
  { weight: 1, arbitrary: fc.record({ topic: fc.constant('cancellations' as const), reason: fc.constant('no longer wanted'), at }) },
  { weight: 2, arbitrary: fc.record({ topic: fc.constant('returns' as const), lines: quantities, reason: fc.constant('broken'), at }) },
  { weight: 1, arbitrary: fc.record({ topic: fc.constant('statuses' as const), status: fc.constant('DONE'), at }) },
) as fc.Arbitrary<Fact>;

const line = (id: string, quantity: number, unitPrice: number): OrderLine => ({ lineId: id, sku: `SKU-${id}`, title: null, category: null, quantity, unitPrice });
const ONE = [line('1', 2, 10000)];
const TWO = [line('1', 1, 10000), line('2', 1, 10000)];
const lines = fc.constantFrom(ONE, TWO);
const total = fc.constantFrom(20000, 20000, 20000, 20000, 20000, 20000, 10000, 0);
const customer = fc.oneof({ weight: 7, arbitrary: fc.constant(CONTENT.customer) }, { weight: 1, arbitrary: fc.constant({ ...CONTENT.customer, phone: null }) });
/** What brings an order forward, so that the later nodes are reached often; each may be missing. */
const backbone: fc.Arbitrary<Fact[]> = fc.tuple(
  at.map((when): Fact => ({ topic: 'payments', paymentId: 'p-0', status: 'PAID', amount: '200.00', at: when, reason: null })),
  at.map((when): Fact => ({ topic: 'fulfilment', status: 'DISPATCHED', shipmentId: 's-1', warehouse: null, carrier: null, trackingNumber: null, lines: null, at: when })),
  at.map((when): Fact => ({ topic: 'tracking', shipmentId: 's-1', status: 'DELIVERED', at: when, note: null })),
  at.map((when): Fact => ({ topic: 'settlements', amount: '200.00', at: when })),
).chain((whole) => fc.subarray(whole));
/** A change as a later delivery brings it; some fail a check, some mend it. */
const change = fc.record(
  { lines: fc.constantFrom(ONE, TWO, ONE, TWO, [] as OrderLine[]), total, customer },
  { requiredKeys: [] },
);

interface Story {
  facts: Fact[];
  deliveries: OrderCommand[];
}
const story: fc.Arbitrary<Story> = fc
  .record({
    terms: fc.constantFrom<PaymentTerms>('PREPAID', 'PREPAID', 'PREPAID', 'CASH_ON_DELIVERY', 'CREDIT'),
    first: fc.record({ lines, total, customer }),
    changes: fc.array(fc.record({ change, at }), { maxLength: 3 }),
    amended: fc.boolean(),
    steps: backbone,
    more: fc.array(fact, { minLength: 1, maxLength: 6 }),
    history: fc.boolean(),
  })
  .map(({ terms, first, changes, amended, steps, more, history }) => {
    let content = { ...CONTENT, ...first, freight: 0, paymentTerms: terms };
    const deliveries: OrderCommand[] = [makeTakeOrder(content, { updatedAt: minute(0), history })];
    changes.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    for (const { change: changed, at: updatedAt } of amended ? changes : []) {
      content = { ...content, ...changed };
      deliveries.push(makeTakeOrder(content, { updatedAt, history }));
    }
    return { facts: [...steps, ...more], deliveries };
  });

/** Takes them all, each twice. A hold may come when the order is closed: then it is refused, and its release too. */
function take(commands: readonly OrderCommand[]): OrderState {
  let state = orderDecider.initial;
  for (const command of commands) {
    const decided = orderDecider.decide(command, state);
    if (isRejection(decided) && ACTS.includes(command.type)) continue;
    if (isRejection(decided)) throw new Error(JSON.stringify(decided));
    for (const event of decided) state = orderDecider.evolve(state, event);
    const again = orderDecider.decide(command, state);
    if (isRejection(again) || again.length > 0) throw new Error(`taken twice: ${JSON.stringify(again)}`);
  }
  return state;
}

/** Deliveries keep their order, facts come anywhere among them. */
function shuffled(reports: readonly OrderCommand[], deliveries: readonly OrderCommand[], seed: readonly number[]): OrderCommand[] {
  const keyed = reports.map((command, i) => ({ command, key: seed[i % seed.length]! + i * 1e-6 }));
  const sortedKeys = deliveries.map((_, i) => seed[(i + reports.length) % seed.length]!).sort((a, b) => a - b);
  const all = [...keyed, ...deliveries.map((command, i) => ({ command, key: sortedKeys[i]! + i * 1e-6 + 1e-3 }))];
  return all.sort((a, b) => a.key - b.key).map(({ command }) => command);
}

const ACTS: readonly string[] = ['PlaceHold', 'ReleaseHold'];
const seeds = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 14, maxLength: 14 });

test('whatever the order in which facts arrive, status, quantities, money and passages come out the same', () => {
  fc.assert(
    fc.property(story, fc.array(seeds, { minLength: 3, maxLength: 5 }), ({ facts, deliveries }, orders) => {
      const reports = facts.map((one) => makeReport(one));
      const straight = take([...deliveries, ...reports]);
      for (const order of [...orders.map((seed) => shuffled(reports, deliveries, seed)), [...reports, ...deliveries]]) {
        const other = take(order);
        expect(other.standing).toEqual(straight.standing);
        expect(other.content).toEqual(straight.content);
      }
    }),
    { numRuns: RUNS },
  );
});

test('what is announced by the events is what the facts conclude, and a passage is never negative', () => {
  fc.assert(
    fc.property(story, seeds, ({ facts, deliveries }, seed) => {
      const state = take(shuffled(facts.map((one) => makeReport(one)), deliveries, seed));
      const { standing } = state;
      expect(conclude(state as PlacedOrder, CONTEXT.settings).standing).toEqual(standing);
      let end = minute(0);
      for (const passage of standing!.passages) {
        expect(passage.enteredAt).toBe(end);
        if (passage.leftAt !== null) expect(passage.leftAt >= passage.enteredAt).toBe(true);
        end = passage.leftAt ?? 'open';
      }
      expect(standing!.passages.filter(({ leftAt }) => leftAt === null).length).toBe(standing!.node === null ? 0 : 1);
      if (standing!.node === null) expect(standing!.holds).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});

test('facts that arrive while somebody holds the order take effect on release, in whatever order they came', () => {
  fc.assert(
    fc.property(fc.array(fact, { minLength: 1, maxLength: 7 }), seeds, fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 12 }), (facts, seed, from, length) => {
      const reports = facts.map((one) => makeReport(one));
      const first = makeTakeOrder({ lines: ONE, total: 20000, freight: 0 });
      const hold: OrderCommand = { ...first, type: 'PlaceHold', id: 'h', actor: OPS, at: minute(from * 10), holdId: 'h-1', reason: 'address in doubt', expiresAt: null };
      const release: OrderCommand = { ...first, type: 'ReleaseHold', id: 'r', actor: OPS, at: minute((from + length) * 10), holdId: 'h-1', reason: 'confirmed' };
      const closes = facts.some(({ topic }) => topic === 'cancellations');
      fc.pre(!closes);
      const straight = take([first, hold, ...reports]);
      expect(straight.standing!.node).toBe('PAYMENT');
      expect(take([first, hold, ...shuffled(reports, [], seed), release]).standing).toEqual(take([first, hold, ...reports, release]).standing);
    }),
    { numRuns: RUNS },
  );
});

/** Without amendments, refunds and a second settlement: what a hold delays may fall behind one. */
test('wherever among the facts somebody holds and releases the order, status, quantities and money come out the same', () => {
  fc.assert(
    fc.property(story, seeds, fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.nat(), fc.nat(), ({ facts, deliveries }, seed, from, length, first, second) => {
      fc.pre(facts.every((one) => one.topic !== 'payments' || one.status !== 'REFUNDED') && facts.filter(({ topic }) => topic === 'settlements').length < 2);
      const commands = shuffled(facts.map((one) => makeReport(one)), [], seed);
      const base = { ...(deliveries[0] as TakeOrder), actor: OPS };
      const hold: OrderCommand = { ...base, type: 'PlaceHold', id: 'h', at: minute(from * 10), holdId: 'h-1', reason: 'address in doubt', expiresAt: null };
      const release: OrderCommand = { ...base, type: 'ReleaseHold', id: 'r', at: minute((from + length) * 10), holdId: 'h-1', reason: 'confirmed' };
      const places = [first % (commands.length + 1), second % (commands.length + 1)].sort((a, b) => a - b) as [number, number];
      const held = [deliveries[0]!, ...commands.slice(0, places[0]), hold, ...commands.slice(...places), release, ...commands.slice(places[1])];
      const plain = take([...deliveries.slice(0, 1), ...commands]);
      const { standing } = take(held);
      const sums = (of: OrderState['standing']): unknown => [of!.status, of!.node, of!.shipments, of!.shipped, of!.returned, of!.paid, of!.refunded, of!.settled, of!.refused];
      fc.pre(!standing!.holds.some(({ holdId }) => holdId === 'h-1'));
      expect(sums(standing)).toEqual(sums(plain.standing));
    }),
    { numRuns: RUNS },
  );
});

describe('of orders that need people', () => {
  const rule = { name: 'dear', when: 'order.total > 150.0', steps: [{ role: 'finance', mode: 'ANY' as const, needed: null, withinSeconds: 60, businessHours: false }] };
  const policies = [{ version: 1, publishedAt: minute(0), publishedBy: 'root', rules: [rule, { name: 'rest', when: 'true', steps: [] }] }];
  const people = ['fang', 'fei', 'fu', 'feng', 'fan'].map((staffId) => aPerson(staffId, { roles: ['finance'] }));
  const reviewed = (commands: readonly OrderCommand[]): OrderCommand[] => commands.map((command) => ({ ...command, context: { ...CONTEXT, policies } }) as OrderCommand);

  /** Everything first, then people decide whatever waits for them, each round as `approves` says, until nothing waits. */
  function decided(commands: readonly OrderCommand[], approves: readonly boolean[]): OrderState {
    let state = take(reviewed(commands));
    for (;;) {
      const pending = state.approvals.find(({ status }) => status === 'PENDING');
      if (pending === undefined) return state;
      const { approvalId, round, steps } = pending;
      const { stepId } = steps[0]!;
      for (const asked of [{ type: 'RouteStep' as const, approvalId, stepId }, { type: 'DecideTask' as const, taskId: `${stepId}-1`, approve: approves[round % approves.length]!, comment: null }]) {
        const command = ask(200 + round, asked, people, asked.type === 'RouteStep' ? undefined : people[0]!.staffId) as OrderCommand;
        const events = orderDecider.decide({ ...command, context: { ...command.context, policies } } as OrderCommand, state);
        if (isRejection(events)) throw new Error(events.message);
        state = events.reduce(orderDecider.evolve, state);
      }
    }
  }

  test('whatever the order in which facts arrive, the same reviews wait for people, and the same decisions bring the order to the same standing', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(story, fc.array(seeds, { minLength: 2, maxLength: 4 }), fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }), ({ facts, deliveries }, orders, approves) => {
        const reports = facts.map((one) => makeReport(one));
        const straight = take(reviewed([...deliveries, ...reports]));
        /** Under a hold a review that began before goes on, and one that did not waits. */
        const waiting = ({ approvals, standing }: OrderState): unknown => approvals.filter(({ status }) => status === 'PENDING' && standing!.holds.length === 0).map(({ round, matchedRule }) => [round, matchedRule]);
        const ended = decided([...deliveries, ...reports], approves);
        for (const { status } of ended.approvals) outcomes.add(status);
        for (const order of [...orders.map((seed) => shuffled(reports, deliveries, seed)), [...reports, ...deliveries]]) {
          const other = take(reviewed(order));
          expect(other.standing).toEqual(straight.standing);
          expect(waiting(other)).toEqual(waiting(straight));
          expect(decided(order, approves).standing).toEqual(ended.standing);
        }
      }),
      { numRuns: RUNS },
    );
    expect([...outcomes].sort()).toEqual(['APPROVED', 'REJECTED', 'WITHDRAWN']);
  });
});
