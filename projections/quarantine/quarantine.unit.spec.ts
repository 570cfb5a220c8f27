// What cannot be read is listed with its reasons until somebody has settled it.
import { asRecorded, rowsOf } from '../order-lives.fixtures';
import { quarantine, type QuarantineRow } from './quarantine.projection';

const received = {
  type: 'PayloadQuarantined', occurredAt: '2026-01-09T02:00:00.000Z',
  data: { quarantineId: 'q1', system: 'TB', topic: 'orders', externalId: null, payload: { sealed: '1.dGV4dA==' }, reasons: ['total is missing'], history: false, omits: [], receivedBy: 'TB' },
};
const event = (type: string, data: object) => ({ type, occurredAt: '2026-01-10T02:00:00.000Z', data: { quarantineId: 'q1', ...data } });

function rowAfter(...events: (typeof received | ReturnType<typeof event>)[]): QuarantineRow {
  return rowsOf(quarantine, events.map((one, i) => asRecorded('quarantine-q1', one, i, i + 1))).get('quarantine-q1')!;
}

test('it waits, its text sealed', () => {
  expect(rowAfter(received)).toMatchObject({
    quarantineId: 'q1', system: 'TB', status: 'WAITING', attempts: 1, payload: { sealed: '1.dGV4dA==' }, reasons: ['total is missing'], receivedAt: '2026-03-01T00:00:01.000Z',
  });
});

test('an attempt that fails leaves it waiting, with the new reasons', () => {
  expect(rowAfter(received, event('ReprocessingFailed', { reasons: ['placedAt is missing'], by: 'wang.ops' }))).toMatchObject({ status: 'WAITING', attempts: 2, reasons: ['placedAt is missing'] });
});

test('taken after all, or discarded', () => {
  expect(rowAfter(received, event('QuarantinedReprocessed', { outcome: 'CREATED', orderNumber: 'TB2026010900001', by: 'wang.ops' }))).toMatchObject({
    status: 'REPROCESSED', outcome: 'CREATED', orderNumber: 'TB2026010900001', settledBy: 'wang.ops', settledAt: '2026-03-01T00:00:02.000Z',
  });
  expect(rowAfter(received, event('QuarantinedDiscarded', { reason: 'a test', by: 'wang.ops' }))).toMatchObject({ status: 'DISCARDED', discardReason: 'a test' });
});
