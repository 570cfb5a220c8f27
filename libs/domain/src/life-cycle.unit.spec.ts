// The graph that business people see holds every node and status that the code knows, and draws.
import { lifeCycle, toMermaid } from './life-cycle';
import { ORDER_STATUSES, WORKFLOW_NODES } from './order/order.events';
import { DEFAULT_SETTINGS } from './settings/settings.defaults';

test('every node and every status has its place', () => {
  const { closed, nodes } = lifeCycle(DEFAULT_SETTINGS);
  expect(nodes.map(({ node }) => node)).toEqual(WORKFLOW_NODES);
  expect(closed).toEqual(['SETTLED', 'CANCELLED', 'REJECTED', 'RETURNED']);
  expect([...nodes.flatMap(({ statuses }) => statuses), ...closed]).toEqual([...ORDER_STATUSES]);
});

test('the diagram shows owner and limit', () => {
  const diagram = toMermaid(lifeCycle(DEFAULT_SETTINGS));
  expect(diagram).toContain('PAYMENT: PAYMENT 付款<br/>AWAITING_PAYMENT<br/>csr, PT30M');
  expect(diagram).toContain('DELIVERY: DELIVERY 配送<br/>IN_TRANSIT<br/>logistics, P7D');
  expect(diagram).toContain('OUTBOUND --> DELIVERY: every line dispatched');
  expect(diagram).toContain('SETTLED --> RETURNED: everything shipped came back');
});
