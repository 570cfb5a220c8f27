// One item of every topic, as it may be sent: the interface description shows them and "Try it out" begins with them.
// All are of one order, so that they can be sent one after the other, by the systems that send such things.
import type { TOPIC_SCHEMAS } from '@app/intake';

const OF_THE_ORDER = { platform: 'WS', externalId: 'E-1001' };
const cancellation = { ...OF_THE_ORDER, reason: 'ordered twice', at: '2026-01-09T10:20:00+08:00' };

export const EXAMPLES: Readonly<Record<keyof typeof TOPIC_SCHEMAS, object>> = {
  orders: {
    externalId: 'E-1001',
    placedAt: '2026-01-09T10:00:00+08:00',
    customer: { customerId: 'C-7', name: 'Li Na', phone: '13800001234' },
    shippingAddress: { province: 'Shanghai', city: 'Shanghai', detail: '7 Renmin Road' },
    lines: [{ lineId: '1', sku: 'MUG-350', title: 'Mug', category: 'kitchen', quantity: 2, unitPrice: '39.90' }],
    freight: '12.00',
    total: '91.80',
  },
  payments: { ...OF_THE_ORDER, paymentId: 'P-1', status: 'PAID', amount: '91.80', at: '2026-01-09T10:05:00+08:00' },
  fulfilment: { ...OF_THE_ORDER, status: 'DISPATCHED', shipmentId: 'S-1', carrier: 'SF Express', at: '2026-01-09T16:00:00+08:00' },
  tracking: { ...OF_THE_ORDER, shipmentId: 'S-1', status: 'DELIVERED', at: '2026-01-11T09:30:00+08:00' },
  settlements: { ...OF_THE_ORDER, amount: '91.80', at: '2026-01-18T00:00:00+08:00' },
  cancellations: cancellation,
  returns: { ...OF_THE_ORDER, lines: [{ lineId: '1', quantity: 1 }], reason: 'broken', at: '2026-01-14T11:00:00+08:00' },
  statuses: { ...OF_THE_ORDER, status: 'shipped', at: '2026-01-09T16:00:00+08:00' },
  skus: { sku: 'MUG-350', title: 'Mug', category: 'kitchen' },
  complaints: { ...OF_THE_ORDER, text: 'One mug is broken.', at: '2026-01-12T08:00:00+08:00' },
  surveys: { ...OF_THE_ORDER, score: 8, comment: 'Quick.', at: '2026-01-13T19:00:00+08:00' },
  mixed: { topic: 'cancellations', item: cancellation },
};
