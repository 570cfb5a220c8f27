// No order stays at a node beyond its limit without somebody being told, and nobody is told twice.
import { type Instant, isRejection, plusSeconds, type Recorded } from '@app/kernel';
import { DEFAULT_SETTINGS, type OrderCommand, orderDecider, type Passage, type WorkflowNode } from '@app/domain';
import { given, recorded, recordedAll } from '@test/dsl';
import { nodeOverdue } from './node-overdue.policy';

const PLACED_AT: Instant = '2026-01-09T02:00:00.000Z';
const minute = (minutes: number): Instant => plusSeconds(PLACED_AT, minutes * 60);
const STREAM = 'order-TB.1';

function passage(node: WorkflowNode, enteredAt: Instant, leftAt: Instant | null = null, visit = 1): Passage {
  return { node, visit, enteredAt, leftAt, outcome: leftAt === null ? null : 'COMPLETED', implied: false, limitSeconds: 3_600, ownerRole: 'warehouse' };
}

interface Told {
  type?: string;
  passages: { was: Passage | null; is: Passage | null }[];
  node?: WorkflowNode | null;
  history?: boolean;
  recordedAt?: Instant;
}
const story = (...told: Told[]): Recorded[] =>
  told.map(({ type = 'ReviewDecided', passages, node, history = false, recordedAt = minute(1) }, i) =>
    recorded({ stream: STREAM, type, data: { orderNumber: 'TB1', history, moved: { was: {}, is: node === undefined ? {} : { node }, passages } }, recordedAt, revision: i, position: i + 1 }),
  );
const entered = (is: Passage, more: Partial<Told> = {}): Told => ({ passages: [{ was: null, is }], node: is.node, ...more });
const placed = (is: Passage, history = false): Told => entered(is, { type: 'OrderPlaced', history });

test('the limit of the stay is over', () => {
  const log = story(placed(passage('REVIEW', minute(0))));
  given(nodeOverdue, log).thenNextTimer(minute(60));
  given(nodeOverdue, log).at(minute(60)).then({
    stream: 'alert-NODE_OVERDUE.TB1-REVIEW-1',
    command: {
      type: 'RaiseAlert', alertId: 'NODE_OVERDUE.TB1-REVIEW-1', kind: 'NODE_OVERDUE', subject: 'TB1', orderNumber: 'TB1',
      message: 'At 2026-01-09T03:00:00.000Z order TB1 had not left REVIEW, and its limit there was over; warehouse sees to orders at REVIEW.',
      details: { node: 'REVIEW', visit: 1, ownerRole: 'warehouse', due: minute(60) },
    },
  });
});

test('left in time it rings for the next node alone, closed for none', () => {
  const [review, allocation] = [passage('REVIEW', minute(0)), passage('ALLOCATION', minute(30))];
  const moved: Told = { passages: [{ was: review, is: { ...review, leftAt: minute(30) } }, { was: null, is: allocation }], node: 'ALLOCATION' };
  const log = story(placed(review), moved);
  given(nodeOverdue, log).at(minute(61)).thenNothing();
  given(nodeOverdue, log).thenNextTimer(minute(90));
  const closed: Told = { passages: [{ was: allocation, is: { ...allocation, leftAt: minute(40) } }], node: null };
  given(nodeOverdue, story(placed(review), moved, closed)).thenNextTimer(undefined);
});

test('the second stay rings by itself, a corrected one at its new time under the same name', () => {
  const [first, second] = [passage('REVIEW', minute(0)), passage('REVIEW', minute(100), null, 2)];
  const again: Told = { passages: [{ was: first, is: { ...first, leftAt: minute(100), outcome: 'LEFT' } }, { was: null, is: second }] };
  expect(nodeOverdue.due(nodeOverdue.todo.fold(undefined, story(placed(first), again)[1]!, STREAM)!, minute(200))).toMatchObject([{ occasion: 'REVIEW-2' }]);
  given(nodeOverdue, story(placed(first), again)).thenNextTimer(minute(160));
  const corrected: Told = { passages: [{ was: second, is: { ...second, enteredAt: minute(90) } }] };
  given(nodeOverdue, story(placed(first), again, corrected)).thenNextTimer(minute(150));
});

test('what corrects a stay of before leaves the timer', () => {
  const [review, allocation] = [passage('REVIEW', minute(0)), passage('ALLOCATION', minute(30))];
  const moved: Told = { passages: [{ was: review, is: { ...review, leftAt: minute(30) } }, { was: null, is: allocation }] };
  const before: Told = { passages: [{ was: passage('PAYMENT', minute(0), minute(0)), is: passage('PAYMENT', minute(-1), minute(0)) }] };
  given(nodeOverdue, story(placed(review), moved, before)).thenNextTimer(minute(90));
});

test('a past order rings for none of its nodes, however late it moves', () => {
  const review = passage('REVIEW', minute(0));
  const moved: Told = { passages: [{ was: review, is: { ...review, leftAt: minute(30) } }, { was: null, is: passage('ALLOCATION', minute(30)) }], node: 'ALLOCATION' };
  given(nodeOverdue, story(placed(review, true), moved)).thenNextTimer(undefined);
  const [, last] = story(moved, { passages: [{ was: passage('ALLOCATION', minute(30)), is: passage('ALLOCATION', minute(30), minute(40)) }], node: null });
  given(nodeOverdue, story(placed(review, true), moved)).when(last!).thenTodo(STREAM, undefined);
});

test('opened again it rings, unless that is long over', () => {
  const open = passage('OUTBOUND', minute(0));
  given(nodeOverdue, story(entered(open, { recordedAt: minute(59) }))).thenNextTimer(minute(60));
  given(nodeOverdue, story(entered(open, { recordedAt: minute(60) }))).thenNextTimer(undefined);
});

describe('as the order tells it', () => {
  const take = {
    type: 'TakeOrder', at: minute(1), platform: 'TB', externalId: '1', orderNumber: 'TB2026010900001', currency: 'CNY', updatedAt: null, system: 'TB', factId: 'f', history: false, omits: [],
    content: {
      shopId: null, placedAt: PLACED_AT, placedBy: null, paymentTerms: 'PREPAID', customer: { customerId: 'c-1', tier: 'REGULAR', name: 'Li', phone: '1', email: null },
      shippingAddress: { country: 'CN', province: 'Zhejiang', city: 'Hangzhou', district: null, detail: '1 Wensan Road', postcode: null },
      lines: [{ lineId: '1', sku: 'TEA', title: null, category: null, quantity: 1, unitPrice: 100 }], freight: 0, discount: 0, total: 100,
    },
  };
  function after(...commands: object[]): Recorded[] {
    let state = orderDecider.initial;
    const context = { settings: [{ ...DEFAULT_SETTINGS, version: 1, publishedAt: PLACED_AT, publishedBy: 'system' }], catalogue: null, policies: [], turnoverOfOthers: 0 };
    const events = commands.flatMap((rest, i) => {
      const decided = orderDecider.decide({ id: `c-${i}`, actor: { id: 'wang.ops', role: 'ops' }, context, ...rest } as unknown as OrderCommand, state);
      if (isRejection(decided)) throw new Error(decided.message);
      for (const event of decided) state = orderDecider.evolve(state, event);
      return [...decided];
    });
    return recordedAll(STREAM, events);
  }

  test('an unpaid order rings after half an hour, a cancelled or past one does not', () => {
    given(nodeOverdue, after(take)).thenNextTimer(minute(30)).at(minute(30)).thenTodo(STREAM, { orderNumber: take.orderNumber, node: 'PAYMENT', visit: 1, ownerRole: 'csr', due: minute(30) });
    given(nodeOverdue, after(take, { type: 'CancelOrder', reason: 'no', at: minute(3) })).thenNextTimer(undefined);
    given(nodeOverdue, after({ ...take, history: true })).thenNextTimer(undefined);
  });
});
