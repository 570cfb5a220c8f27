// The people of the demo's week: registered before it, deciding what its last hours left to them, one of them departed, one away.
// Who decides what hangs on the order number, so a second run on the same data finds all of it done.
import { CommandFailed } from '../failure';
import { ask, type ServerAddress } from '../graphql-client';
import { seededBy } from './seeded';
import { DELEGATE, DEPARTED, REGISTER, type StaffRecord } from './staffing';

/** A server, and a token for whoever is to act on it. */
export interface Staffed {
  url: string;
  tokenOf: (sub: string, role: 'admin' | 'approver') => Promise<string>;
}

const PEOPLE: readonly StaffRecord[] = [
  { staffId: 'wen.director', name: '文总', roles: ['sales-director'] },
  { staffId: 'ma.east', name: '马东', roles: ['regional-manager'], supervisor: 'wen.director' },
  { staffId: 'hu.south', name: '胡南', roles: ['regional-manager'], supervisor: 'wen.director', backup: 'ma.east' },
  { staffId: 'feng.cfo', name: '冯总', roles: [] },
  { staffId: 'qian.finance', name: '钱会', roles: ['finance'], supervisor: 'feng.cfo' },
  { staffId: 'li.finance', name: '李会', roles: ['finance'], supervisor: 'feng.cfo', backup: 'qian.finance' },
  { staffId: 'bai.compliance', name: '白洁', roles: ['compliance'], supervisor: 'wen.director', backup: 'ma.east' },
];
/** Known once everybody is registered. */
const BACKUPS: readonly StaffRecord[] = [
  { staffId: 'ma.east', name: '马东', roles: ['regional-manager'], backup: 'hu.south' },
  { staffId: 'qian.finance', name: '钱会', roles: ['finance'], backup: 'li.finance' },
];
const AWAY = 'wen.director';
const STAND_IN = 'feng.cfo';
const LEAVER = 'hu.south';
const MANAGER = 'ma.east';
const HOUR = 3_600_000;
/** Of what waits so much is decided; the rest stays, to look around in. */
const DECIDED_SHARE = 0.6;
const APPROVED_SHARE = 0.85;
/** A route has at most three steps, and a decision opens the next one. */
const ROUNDS = 4;
const SETTLED_MS = 400;

const PENDING = '{ approvalTasks(filter: { status: [PENDING] }, first: 200) { edges { node { taskId orderNumber assignee } } } }';
const DECIDE = 'mutation($taskId: ID!, $approve: Boolean!, $comment: String) { decideTask(taskId: $taskId, approve: $approve, comment: $comment) { position } }';

interface PendingTask {
  taskId: string;
  orderNumber: string;
  assignee: string;
}
interface PendingTasks {
  approvalTasks: { edges: { node: PendingTask }[] };
}

/** Before the week; the director is away in its last hours. */
export async function register(server: Staffed, end: number): Promise<void> {
  const admin = await at(server, 'it.admin', 'admin');
  for (const person of [...PEOPLE, ...BACKUPS]) await ask(admin, REGISTER, { ...person });
  await ask(admin, DELEGATE, { staffId: AWAY, to: STAND_IN, from: new Date(end - 24 * HOUR).toISOString(), until: new Date(end + 7 * 24 * HOUR).toISOString() });
}

/** After the week: some of what waits is decided, then somebody leaves and their tasks move at once. */
export async function decideAndLeave(server: Staffed): Promise<void> {
  const admin = await at(server, 'it.admin', 'admin');
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { taskId, orderNumber, assignee } of await pendingTasks(admin)) {
      const random = seededBy(618, orderNumber);
      if (!random.chance(DECIDED_SHARE)) continue;
      const approve = random.chance(APPROVED_SHARE);
      await ask(await at(server, assignee, 'approver'), DECIDE, { taskId, approve, comment: approve ? null : '价格有误 The price is wrong' }).catch(unlessRefused);
    }
  }
  await ask(admin, DEPARTED, { staffId: LEAVER });
  // What was theirs moves by itself, a moment later.
  while ((await pendingTasks(admin)).some(({ assignee }) => assignee === LEAVER));
}

/** The one with the most tasks to decide, and how many; a manager where none waits. */
export async function busiestApprover(server: Staffed): Promise<{ staffId: string; tasks: number }> {
  const tasks = new Map([[MANAGER, 0]]);
  for (const { assignee } of await pendingTasks(await at(server, 'it.admin', 'admin'))) tasks.set(assignee, (tasks.get(assignee) ?? 0) + 1);
  const [staffId, most] = [...tasks].reduce((busiest, one) => (one[1] > busiest[1] ? one : busiest));
  return { staffId, tasks: most };
}

/** Once they are all made: they come a moment after what needs them. */
async function pendingTasks(server: ServerAddress): Promise<PendingTask[]> {
  for (let before: string | undefined; ; ) {
    const tasks = (await ask<PendingTasks>(server, PENDING)).approvalTasks.edges.map(({ node }) => node);
    const now = tasks.map(({ taskId }) => taskId).join(' ');
    if (now === before) return tasks;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  }
}

async function at({ url, tokenOf }: Staffed, sub: string, role: 'admin' | 'approver'): Promise<ServerAddress> {
  return { url, token: await tokenOf(sub, role) };
}

/** Another one was quicker, or the route went elsewhere. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof CommandFailed)) throw error;
}
