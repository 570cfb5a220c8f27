// An alert is open until somebody acknowledges it.
import { given, recorded } from '@test/dsl';
import { alerts } from './alerts.projection';

const AT = '2026-01-09T02:00:00.000Z';
const data = { alertId: 'ROUTE_BROKEN.finance', kind: 'ROUTE_BROKEN' as const, subject: 'finance', message: 'Nobody can act for finance.', orderNumber: null };
const raised = recorded({ stream: 'alert-ROUTE_BROKEN.finance', type: 'AlertRaised', occurredAt: AT, data: { ...data, details: {} } });
const row = { ...data, raisedAt: AT, acknowledged: false, acknowledgedBy: null, acknowledgedAt: null };

test('raised', () => void given(alerts, [raised]).thenRows({ [data.alertId]: row }));

test('acknowledged', () => {
  const acknowledged = recorded({ stream: raised.stream, type: 'AlertAcknowledged', occurredAt: AT, revision: 1, position: 2, data: { alertId: data.alertId, by: 'ops-lin' } });
  given(alerts, [raised, acknowledged]).thenRows({ [data.alertId]: { ...row, acknowledged: true, acknowledgedBy: 'ops-lin', acknowledgedAt: AT } });
});
