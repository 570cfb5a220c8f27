// What others sold: exact for what this process appends, however late the rows are.
import fc from 'fast-check';
import type { CommandResult } from '@app/runtime';
import type { RowsAtHand } from './rows-at-hand';
import { type OrdersOfLog, TurnoverAtHand } from './turnover-at-hand';

const KEY = 'TB/20260109/CNY';
const at = (position: number): string => String(position).padStart(16, '0');

/** Rows as of a position that the test moves. */
class LateRows {
  looks = 0;
  upTo = 0;
  readonly appended: { position: number; change: number }[] = [];

  /** A log of orders alone, but for what is `foreign`. */
  logUpTo(end: number, foreign: readonly number[] = []): OrdersOfLog {
    return {
      end: () => Promise.resolve(at(end)),
      anyOrderBetween: (after, upTo) => Promise.resolve(this.appended.some(({ position }) => at(position) > after && at(position) <= upTo && !foreign.includes(position))),
    };
  }

  readonly asOf: RowsAtHand['asOf'] = async <Row>() => {
    this.looks++;
    await new Promise(setImmediate);
    const turnover = this.appended.filter(({ position }) => position <= this.upTo).reduce((sum, { change }) => sum + change, 0);
    return { rows: [{ turnover } as Row], upTo: at(this.upTo) };
  };
}

function setUp() {
  const rows = new LateRows();
  let nowMs = 0;
  const turnover = new TurnoverAtHand(rows, rows.logUpTo(0), () => nowMs);
  let position = 0;
  const appended = (type: string, data: object, change: number): CommandResult => {
    rows.appended.push({ position: ++position, change });
    return { outcome: 'done', events: [{ type, occurredAt: '2026-01-09T02:00:00.000Z', data }], revision: 0, position: at(position), repeated: false };
  };
  const place = (id: string, total: number): void => turnover.settled(id, appended('OrderPlaced', { orderNumber: 'TB2026010900001', currency: 'CNY', total }, total));
  const cancel = (id: string, total: number): void => turnover.settled(id, appended('CancellationRequested', { orderNumber: 'TB2026010900001', turnover: { was: total, is: 0, currency: 'CNY' } }, -total));
  const ask = (commandId: string, placing: number | null = null, own = 0) => turnover.ofOthers({ key: KEY, commandId, own, placing });
  return { rows, turnover, place, cancel, ask, later: (ms: number): unknown => (nowMs += ms) };
}

test('rows that lag are made up for by what was appended here', async () => {
  const { rows, place, cancel, ask, later } = setUp();
  place('1', 100);
  place('2', 50);
  expect(await ask('3')).toBe(150);
  cancel('4', 50);
  expect(await ask('5', null, 100)).toBe(0);
  rows.upTo = 2;
  later(500);
  expect(await ask('6')).toBe(100);
  rows.upTo = 3;
  later(500);
  expect(await ask('7')).toBe(100);
});

test('whoever is being placed counts for all who ask after, and not for themselves, until it is over', async () => {
  const { turnover, place, ask } = setUp();
  expect(await Promise.all([ask('a', 10), ask('b', 20), ask('c', 40)])).toEqual([0, 10, 30]);
  expect(await ask('b', 20)).toBe(50);
  turnover.settled('c', undefined);
  place('a', 10);
  expect(await ask('d')).toBe(30);
});

test('a row is looked at twice a second at most, and once for all who ask meanwhile', async () => {
  const { rows, ask, later } = setUp();
  await Promise.all([ask('1'), ask('2')]);
  later(499);
  await ask('3');
  // Once more, to see that the rows have caught up.
  expect(rows.looks).toBe(2);
  later(1);
  await ask('4');
  expect(rows.looks).toBe(3);
});

test('repeated and refused commands count for nothing', async () => {
  const { turnover, ask } = setUp();
  await ask('a', 10);
  turnover.settled('a', { outcome: 'refused', rejection: { rejection: 'No', message: 'No.' } });
  turnover.settled('b', { outcome: 'done', events: [{ type: 'OrderPlaced', occurredAt: '', data: { orderNumber: 'TB2026010900001', currency: 'CNY', total: 7 } }], revision: 0, position: at(1), repeated: true });
  expect(await ask('c')).toBe(0);
});

test('other days and currencies count apart', async () => {
  const { turnover, place, ask } = setUp();
  place('1', 100);
  expect(await turnover.ofOthers({ key: 'TB/20260109/JPY', commandId: 'x', own: 0, placing: null })).toBe(0);
  expect(await ask('2')).toBe(100);
});

test('whenever rows are read and however late, the sum is that of all that was appended', async () => {
  const step = fc.oneof(fc.record({ place: fc.integer({ min: 0, max: 1_000 }) }), fc.record({ rowsUpTo: fc.nat(30) }), fc.record({ later: fc.constantFrom(100, 500) }));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { rows, place, ask, later } = setUp();
      let sum = 0;
      for (const [index, one] of steps.entries()) {
        if ('place' in one) {
          expect(await ask(`c-${index}`, one.place)).toBe(sum);
          place(`c-${index}`, one.place);
          sum += one.place;
        } else if ('rowsUpTo' in one) rows.upTo = Math.max(rows.upTo, Math.min(one.rowsUpTo, rows.appended.length));
        else later(one.later);
      }
      expect(await ask('last')).toBe(sum);
    }),
  );
});

test('rows that lag behind what was in the log at the start are waited for', async () => {
  const rows = new LateRows();
  rows.appended.push({ position: 1, change: 70 });
  const turnover = new TurnoverAtHand(rows, rows.logUpTo(1));
  setTimeout(() => (rows.upTo = 1), 50);
  expect(await turnover.ofOthers({ key: KEY, commandId: 'a', own: 0, placing: null })).toBe(70);
});

test('nothing is waited for that is no order', async () => {
  const rows = new LateRows();
  rows.appended.push({ position: 1, change: 70 }, { position: 2, change: 0 });
  rows.upTo = 1;
  const turnover = new TurnoverAtHand(rows, rows.logUpTo(2, [2]));
  expect(await turnover.ofOthers({ key: KEY, commandId: 'a', own: 0, placing: null })).toBe(70);
  // One look at how far the rows are, one at the row.
  expect(rows.looks).toBe(2);
});

test('rows that cannot be read leave what was read before; without that there is no answer', async () => {
  const rows = new LateRows();
  let broken = true;
  let nowMs = 0;
  const turnover = new TurnoverAtHand({ asOf: (...asked) => (broken ? Promise.reject(new Error('away')) : rows.asOf(...asked)) }, rows.logUpTo(0), () => nowMs);
  const ask = () => turnover.ofOthers({ key: KEY, commandId: 'a', own: 0, placing: null });
  await expect(ask()).rejects.toThrow('away');
  broken = false;
  rows.appended.push({ position: 1, change: 70 });
  rows.upTo = 1;
  expect(await ask()).toBe(70);
  broken = true;
  nowMs = 500;
  expect(await ask()).toBe(70);
});
