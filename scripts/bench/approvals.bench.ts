// Approval tasks that wait, among few and among many: a person's list, the whole backlog, and how late a task that was not answered
// moves on. Over HTTP on embedded stores, by the product's own server and worker.
import { join } from 'node:path';
import type { Figure } from './figures';
import type { Options } from './options';
import { inTemporaryDirectory, report, type Server, tokenOf, withServer } from './processes';
import { ask } from './questions';

interface Asked {
  url: string;
  token: string;
}

type Running = Server & Asked;

interface Prepared {
  tasks: number;
  directory: string;
}

interface Times extends Prepared {
  server: Running;
  list: number[];
  backlog: number[];
  tick: number[];
}

const PLATFORM = 'WS';
const TEMPLATES = 200;
const APPROVERS = 20;
const LISTS = 300;
const BACKLOGS = 60;
const WARM = 50;
/** Tasks that fall due together. */
const URGENT = 10;
const URGENT_ROUNDS = 5;
const GROWTH_MAX = 3;
const PATIENCE_MS = 600_000;

const LIST = `query ($assignee: String!) { approvalTasks(filter: { assignee: $assignee, status: [PENDING] }, first: 50) {
  edges { node { taskId orderNumber role assignee status assignedAt dueAt overdue } } pageInfo { hasNextPage endCursor } } }`;
const GROUP = '{ key pending overdue oldestAssignedAt decided meanDecisionTime p50DecisionTime p90DecisionTime arrivalRate serviceRate hoursToClear }';
const BACKLOG = `{ approvalBacklog { pending overdue oldestAssignedAt byRole ${GROUP} byAssignee ${GROUP} ageBuckets { olderThan pending } trend { hour arrived decided pending } } }`;
const COUNT = '{ approvalBacklog { pending } }';
const HISTORY = 'query ($orderNumber: ID!) { orderHistory(orderNumber: $orderNumber) { type recordedAt data } }';
/** Total of an order that has two seconds, and of one that has the usual eight hours. */
const [URGENT_TOTAL, USUAL_TOTAL] = ['7000.00', '6000.00'];
const RULES = [
  { name: 'urgent', when: 'order.total > 6500.0', steps: [{ role: 'regional-manager', within: 'PT2S' }] },
  { name: 'elevated', when: 'order.total > 5000.0', steps: [{ role: 'regional-manager' }] },
  { name: 'small', when: 'true', steps: [] },
];

export async function approvalsFigures({ tasks: sizes }: Options): Promise<Figure[]> {
  return inTemporaryDirectory(async (root) => {
    const prepared: Prepared[] = [];
    for (const tasks of sizes) prepared.push(await prepare(join(root, String(tasks)), tasks));
    // All at once and asked in turns, so that a busy moment of the machine falls on few and many alike.
    return withServers(prepared, [], async (all) => {
      await measure(all);
      return figuresOf(all);
    });
  });
}

function figuresOf(all: readonly Times[]): Figure[] {
  const fewest = all[0]!;
  const figures = (name: string, of: (times: Times) => number[]): Figure[] =>
    all.map((times) => ({
      name: `${name}, ${times.tasks.toLocaleString('en')} pending`,
      unit: 'ms',
      measured: of(times),
      ...(times === fewest ? {} : { limit: { name: `among ${fewest.tasks.toLocaleString('en')}`, measured: of(fewest) } }),
      aim: times === fewest ? { text: '', met: () => true } : { text: `at most ${GROWTH_MAX} times as long`, met: (measured, ratio) => ratio! <= GROWTH_MAX || measured <= 1 },
      ...(times === fewest ? {} : { note: `p99 ${worst(of(times))} ms, among ${fewest.tasks.toLocaleString('en')} ${worst(of(fewest))} ms` }),
    }));
  return [
    ...figures('tasks of an assignee, a page of 50', ({ list }) => list),
    ...figures('the backlog, all of it', ({ backlog }) => backlog),
    ...figures('from the deadline to the hand-over on disk', ({ tick }) => tick),
  ];
}

async function prepare(directory: string, tasks: number): Promise<Prepared> {
  const templates = await withServer(directory, async (server) => {
    const admin = { url: server.url, token: await tokenOf(directory, 'admin') };
    await registerPeople(admin);
    const taken = await place(server, Array.from({ length: Math.min(TEMPLATES, tasks) }, (_, index) => `first-${index}`), USUAL_TOTAL);
    await untilPending(server, taken.length);
    await ask(admin, 'mutation ($rules: [ApprovalRuleInput!]!) { publishApprovalPolicy(rules: $rules) { position } }', { rules: RULES });
    return taken;
  });
  await report('pending-tasks.js', { directory, platform: PLATFORM, templates, tasks });
  return { tasks, directory };
}

async function withServers<T>([next, ...rest]: readonly Prepared[], running: readonly Times[], work: (all: readonly Times[]) => Promise<T>): Promise<T> {
  if (next === undefined) return work(running);
  return withServer(next.directory, async (server) => {
    await untilPending(server, next.tasks);
    // Moves on once the policies have seen the whole log.
    await ticks(server, 'first', 1);
    return withServers(rest, [...running, { ...next, server, list: [], backlog: [], tick: [] }], work);
  });
}

async function measure(all: readonly Times[]): Promise<void> {
  for (let turn = 0; turn < LISTS + WARM; turn++) {
    for (const { server, list } of all) note(list, turn, await timeOf(() => ask(server, LIST, { assignee: approver(turn % APPROVERS) })));
  }
  for (let turn = 0; turn < BACKLOGS + WARM; turn++) for (const { server, backlog } of all) note(backlog, turn, await timeOf(() => ask(server, BACKLOG, {})));
  for (let round = 0; round < URGENT_ROUNDS; round++) for (const { server, tick } of all) tick.push(...(await ticks(server, `round-${round}`, URGENT)));
}

function note(times: number[], turn: number, ms: number): void {
  if (turn >= WARM) times.push(ms);
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begunMs = performance.now();
  await work();
  return performance.now() - begunMs;
}

function approver(index: number): string {
  return `manager-${index}`;
}

async function registerPeople(admin: Asked): Promise<void> {
  const register = (staffId: string, roles: readonly string[], supervisor: string | null): Promise<unknown> =>
    ask(admin, 'mutation ($id: ID!, $name: String!, $roles: [String!]!, $supervisor: ID) { registerStaff(staffId: $id, name: $name, roles: $roles, supervisor: $supervisor) { position } }', { id: staffId, name: staffId, roles, supervisor });
  await register('director', ['sales-director', 'finance', 'compliance'], null);
  for (let index = 0; index < APPROVERS; index++) await register(approver(index), ['regional-manager'], 'director');
}

/** On credit, so that they come to their review at once. */
async function place({ url, token }: Asked, externalIds: readonly string[], total: string): Promise<{ externalId: string; orderNumber: string }[]> {
  const orders = externalIds.map((externalId) => ({
    externalId, placedAt: new Date().toISOString(), paymentTerms: 'CREDIT', customer: { customerId: `C-${externalId}`, name: 'Li', phone: '13800001234' },
    shippingAddress: { country: 'CN', province: 'Zhejiang', city: 'Hangzhou', detail: '1 Wensan Road' },
    lines: [{ lineId: '1', sku: 'SKU-1', title: 'Tea', category: 'food', quantity: 1, unitPrice: total }], freight: '0.00', discount: '0.00', total, currency: 'CNY',
  }));
  const answer = await fetch(`${url}/intake/${PLATFORM}/orders`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify(orders) });
  const { items } = (await answer.json()) as { items: { externalId: string; orderNumber: string | null }[] };
  return items.map(({ externalId, orderNumber }) => {
    if (orderNumber === null) throw new Error(`${externalId} was not taken`);
    return { externalId, orderNumber };
  });
}

async function untilPending(server: Asked, count: number): Promise<void> {
  await until(async () => (await ask<{ approvalBacklog: { pending: number } }>(server, COUNT, {})).approvalBacklog.pending >= count);
}

/** Milliseconds from the end of a task's limit to the record of its hand-over, of so many tasks that fall due together. */
async function ticks(server: Running, name: string, count: number): Promise<number[]> {
  const lags: number[] = [];
  for (const { orderNumber } of await place(server, Array.from({ length: count }, (_, index) => `urgent-${name}-${index}`), URGENT_TOTAL)) {
    let lag: number | undefined;
    await until(async () => (lag = await lagOf(server, orderNumber)) !== undefined);
    lags.push(lag!);
  }
  return lags;
}

async function lagOf(server: Asked, orderNumber: string): Promise<number | undefined> {
  const { orderHistory } = await ask<{ orderHistory: { type: string; recordedAt: string; data: { tasks?: { was: { dueAt: string } | null }[] } }[] }>(server, HISTORY, { orderNumber });
  const handedOver = orderHistory.find(({ type }) => type === 'TaskHandedOver');
  return handedOver === undefined ? undefined : Date.parse(handedOver.recordedAt) - Date.parse(handedOver.data.tasks![0]!.was!.dueAt);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + PATIENCE_MS; !(await isSo()); ) {
    if (performance.now() > endMs) throw new Error('what was waited for has not come');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function worst(times: readonly number[]): string {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!.toFixed(1);
}
