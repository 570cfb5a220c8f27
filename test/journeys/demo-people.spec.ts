// Whose token the demo hands out as the approver's: somebody who is registered and has something to decide.
import { busiestApprover, register } from '../../apps/ops/src/demo/week-people';
import { anOrder, Journey } from './journey';

it('the approver of the demo can decide a task', async () => {
  const journey = await Journey.start();
  try {
    const staffed = { url: journey.url, tokenOf: (sub: string, role: 'admin' | 'approver') => journey.token({ sub, roles: [role] }) };
    await register(staffed, Date.now());
    expect(await busiestApprover(staffed)).toEqual({ staffId: 'ma.east', tasks: 0 });
    const lines = [{ lineId: '1', sku: 'SKU-1', title: 'Tea', category: 'food', quantity: 1, unitPrice: '9000.00' }];
    await journey.send('TB', 'orders', ['big-1', 'big-2', 'big-3'].map((externalId) => anOrder(externalId, { paymentTerms: 'CREDIT', lines, total: '9000.00' })));
    const waiting = async () => (await journey.data<{ approvalTasks: { totalCount: number } }>({ roles: ['ops'] }, '{ approvalTasks(filter: { status: [PENDING] }) { totalCount } }')).approvalTasks.totalCount;
    for (let looks = 0; looks < 400 && (await waiting()) < 3; looks++) await new Promise((resolve) => setTimeout(resolve, 50));
    const approver = await busiestApprover(staffed);
    expect(approver).toEqual({ staffId: expect.stringMatching(/^(ma\.east|hu\.south)$/), tasks: 2 });
    const by = { roles: ['approver' as const], sub: approver.staffId };
    const { approvalTasks } = await journey.data<{ approvalTasks: { edges: { node: { taskId: string } }[] } }>(by, 'query($a: String!) { approvalTasks(filter: { assignee: $a, status: [PENDING] }) { edges { node { taskId } } } }', { a: approver.staffId });
    await journey.data(by, 'mutation($t: ID!) { decideTask(taskId: $t, approve: true) { position } }', { t: approvalTasks.edges[0]!.node.taskId });
  } finally {
    await journey.end();
  }
}, 60_000);
