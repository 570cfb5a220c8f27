// A miss is one only when the rows have seen the log: before that nobody says that an order is not there.
import type { ProjectionMonitor, RowReader } from '@app/runtime';
import { OrderLookup, RowsBehind } from './order-lookup';

const NUMBER = 'TB2026010900001';

/** Rows that show the order, or do not, after a wait that ends with them at the end of the log, or not. */
function lookUp({ shownAfterWait, caughtUp }: { shownAfterWait: boolean; caughtUp: boolean }) {
  let waited = false;
  const rows = { findSoFar: () => Promise.resolve({ rows: waited && shownAfterWait ? [{ key: 'order-TB.1', row: {} }] : [], hasMore: false }) };
  const monitor = {
    positionOf: () => Promise.resolve('1'),
    waitFor: () => {
      waited = true;
      return Promise.resolve(caughtUp);
    },
  };
  return new OrderLookup(rows as unknown as RowReader, monitor as unknown as ProjectionMonitor, { end: () => Promise.resolve('2') }).byNumber(NUMBER);
}

test('an order that the rows show once they have come is found', async () => {
  expect(await lookUp({ shownAfterWait: true, caughtUp: true })).toMatchObject({ key: 'order-TB.1' });
  expect(await lookUp({ shownAfterWait: true, caughtUp: false })).toMatchObject({ key: 'order-TB.1' });
});

test('rows that have seen the log and do not show it say that there is none', async () => {
  expect(await lookUp({ shownAfterWait: false, caughtUp: true })).toBeUndefined();
});

test('rows that are late say nothing', async () => {
  await expect(lookUp({ shownAfterWait: false, caughtUp: false })).rejects.toThrow(RowsBehind);
});
