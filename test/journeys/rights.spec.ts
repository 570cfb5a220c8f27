import { decisionFor } from '../../apps/api/src/access/route-decisions';
import { ALLOWED_ROLES } from '../../apps/api/src/access/caller';
import { RESOLVERS } from '../../apps/api/src/api.module';
import { type Role, ROLES } from '@app/wiring';
import { anOrder, Journey, POSITION } from './journey';

const SEALED = /张三丰|13800001234|zhang@|文一路/;
const ORDERS = ['admin', 'ops', 'auditor', 'approver', 'frontline', 'csr'];
const EVERYTHING = ['admin', 'ops', 'auditor'];
const STAFF = [...EVERYTHING, 'approver'];
const CASES = [...EVERYTHING, 'frontline', 'csr'];
const HANDLERS = ['admin', 'ops', 'frontline', 'csr'];

/** What the domain's table of rights says, query by query and mutation by mutation. */
const MATRIX: readonly [operation: string, allowed: readonly string[]][] = [
  ['query { order(orderNumber: "$N") { orderNumber } }', ORDERS],
  ['query { orderByExternalId(platform: "TB", externalId: "r-1") { orderNumber } }', ORDERS],
  ['query { orders(first: 1) { totalCount } }', ORDERS],
  ['query { workflowBoard { asOf } }', [...EVERYTHING, 'analyst']],
  ['query { orderHistory(orderNumber: "$N") { type } }', EVERYTHING],
  ['query { orderReplay(orderNumber: "$N") { state } }', EVERYTHING],
  ['query { projections { name } }', EVERYTHING],
  ['query { parkedEvents { key } }', EVERYTHING],
  ['query { sourceSystems { code } }', EVERYTHING],
  ['query { quarantine { quarantineId } }', EVERYTHING],
  ['query { waitingFacts { system } }', EVERYTHING],
  ['query { settings { version } }', EVERYTHING],
  ['query { approvalTask(taskId: "none") { taskId } }', STAFF],
  ['query { approvalTasks { totalCount } }', STAFF],
  ['query { approvalBacklog { pending } }', [...STAFF, 'analyst']],
  ['query { exemptions { orderNumber } }', [...STAFF, 'frontline']],
  ['query { exception(exceptionId: "none") { exceptionId } }', CASES],
  ['query { exceptions { totalCount } }', CASES],
  ['query { sops { sopId } }', CASES],
  ['query { alerts { alertId } }', EVERYTHING],
  ['query { approvalPolicy { version } }', EVERYTHING],
  ['query { approvalPolicyVariables { name } }', EVERYTHING],
  ['query { routeChecks { rule } }', STAFF],
  ['query { decisionReplay(approvalId: "none") { matchedRule } }', EVERYTHING],
  ['query { approvalCounterfactual(rules: [], from: "2026-01-09T00:00:00Z", to: "2026-01-10T00:00:00Z") { changed } }', EVERYTHING],
  ['query { staff(staffId: "none") { staffId } }', STAFF],
  ['query { staffMembers { staffId } }', STAFF],
  ['query { whoActsFor(staffId: "none") { staffId } }', STAFF],
  ['mutation { cancelOrder(orderNumber: "none", reason: "r") { position } }', ['admin', 'ops', 'csr']],
  ['mutation { placeHold(orderNumber: "none", reason: "r") { position } }', ['admin', 'ops', 'frontline']],
  ['mutation { releaseHold(orderNumber: "none", holdId: "h", reason: "r") { position } }', ['admin', 'ops', 'frontline']],
  ['mutation { changeAddress(orderNumber: "none", address: {province: "p", city: "c", detail: "d"}, reason: "r") { position } }', ['admin', 'csr']],
  ['mutation { fileComplaint(orderNumber: "none", text: "t") { position } }', ['admin', 'csr']],
  ['mutation { answerSurvey(orderNumber: "none", score: 9) { position } }', ['admin', 'csr']],
  ['mutation { reprocessQuarantined(quarantineId: "none") { position } }', ['admin', 'ops']],
  ['mutation { discardQuarantined(quarantineId: "none", reason: "r") { position } }', ['admin', 'ops']],
  ['mutation { publishSettings(settings: {exemptionsPerDay: -1}) { position } }', ['admin']],
  ['mutation { registerStaff(staffId: "a b", name: "n", roles: []) { position } }', ['admin']],
  // The caller's own: the token of each role is called as the role.
  ['mutation { setDelegation(staffId: "approver", to: "none", from: "2026-01-09T00:00:00Z", until: "2026-01-10T00:00:00Z") { position } }', ['admin', 'approver']],
  ['mutation { endDelegation(staffId: "approver") { position } }', ['admin', 'approver']],
  ['mutation { markDeparted(staffId: "none") { position } }', ['admin']],
  ['mutation { markReturned(staffId: "none") { position } }', ['admin']],
  ['mutation { publishApprovalPolicy(rules: []) { position } }', ['admin']],
  ['mutation { decideTask(taskId: "none", approve: true) { position } }', ['approver']],
  ['mutation { transferTask(taskId: "none", to: "none", reason: "r") { position } }', ['admin', 'ops', 'approver']],
  ['mutation { reassignTasks(from: "none") { position } }', ['admin', 'ops']],
  ['mutation { acknowledgeAlert(alertId: "none") { position } }', ['admin', 'ops']],
  ['mutation { grantExemption(orderNumber: "none", reason: "r", expiresAt: "2026-01-10T00:00:00Z") { position } }', ['admin', 'frontline']],
  ['mutation { reviewExemption(orderNumber: "none", uphold: true, comment: "c") { position } }', ['admin', 'approver']],
  ['mutation { previewGreenChannel(filter: {platform: "none"}) { token } }', ['admin', 'ops']],
  ['mutation { confirmGreenChannel(token: "none", reason: "r") { position } }', ['admin', 'ops']],
  ['mutation { claimException(exceptionId: "none") { position } }', HANDLERS],
  ['mutation { reclassifyException(exceptionId: "none", stage: IN_SALE, severity: MINOR, responsible: INTERNAL, reason: "r") { position } }', HANDLERS],
  ['mutation { takeAction(exceptionId: "none", action: "RELEASE_HOLD") { position } }', HANDLERS],
  ['mutation { takeAction(exceptionId: "none", action: "CANCEL") { position } }', ['admin', 'ops', 'csr']],
  ['mutation { resolveException(exceptionId: "none", attribution: {rootCause: "c", responsible: INTERNAL, preventable: true, note: "n"}) { position } }', HANDLERS],
  ['mutation { reopenException(exceptionId: "none", reason: "r") { position } }', HANDLERS],
  ['mutation { rebuildProjection(name: "none") { name } }', ['admin', 'ops']],
  ['mutation { rebuildProjections(names: ["none"]) { name } }', ['admin', 'ops']],
  ['mutation { verifyProjections(names: ["none"]) { name } }', ['admin', 'ops']],
  ['mutation { switchProjection(name: "none", reason: "r") { name } }', ['admin', 'ops']],
  ['mutation { rollbackProjection(name: "none", reason: "r") { name } }', ['admin', 'ops']],
  ['mutation { retryParked(projection: "none", key: "k") { name } }', ['admin', 'ops']],
  ['mutation { skipParked(projection: "none", key: "k", reason: "r") { name } }', ['admin', 'ops']],
];

describe('rights', () => {
  let journey: Journey;
  let orderNumber: string;

  beforeAll(async () => {
    journey = await Journey.start();
    orderNumber = (await journey.send('TB', 'orders', anOrder('r-1'))).body.items[0]!.orderNumber!;
  }, 60_000);
  afterAll(() => journey.end());

  it.each(MATRIX)('%s', async (operation, allowed) => {
    const query = operation.replace('$N', orderNumber);
    const answered: string[] = [];
    for (const role of ROLES) {
      const { data, errors, extensions } = await journey.ask({ roles: [role] }, query);
      expect(extensions.position).toMatch(POSITION);
      if (errors[0]?.extensions.code === 'FORBIDDEN') expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
      else answered.push(role);
      expect(errors.map(({ extensions: { code } }) => code)).not.toContain('INTERNAL');
    }
    expect(answered.sort()).toEqual([...allowed].sort());
    const nobody = await journey.ask(null, query);
    expect(nobody).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('are decided for every resolver there is, and asked in this test', () => {
    const fields: string[] = [];
    for (const resolver of RESOLVERS) {
      for (const name of Object.getOwnPropertyNames(resolver.prototype)) {
        const method = (resolver.prototype as unknown as Record<string, unknown>)[name] as object;
        const type = Reflect.getMetadata('graphql:resolver_type', method) as string | undefined;
        // A field with a resolver of its own stands behind the question that it is a part of.
        if (type === undefined || !['Query', 'Mutation', 'Subscription'].includes(type)) continue;
        fields.push(`${type} ${(Reflect.getMetadata('graphql:resolver_name', method) as string | undefined) ?? name}`);
        const roles = Reflect.getMetadata(ALLOWED_ROLES, method) as readonly Role[] | undefined;
        expect([resolver.name, name, roles?.length ?? 'no decision']).toEqual([resolver.name, name, expect.any(Number)]);
      }
    }
    const asked = MATRIX.map(([operation]) => /\{ (\w+)/.exec(operation)![1]);
    expect(fields.filter((field) => !field.startsWith('Subscription')).length).toBe(new Set(asked).size);
    for (const field of fields) if (!field.startsWith('Subscription')) expect(asked).toContain(field.split(' ')[1]);
  });

  it('are decided for every route there is', () => {
    const routes = journey.app.routes();
    expect(routes.length).toBeGreaterThan(6);
    expect(routes.filter(({ url }) => decisionFor(url) === undefined)).toEqual([]);
    expect(decisionFor('/something/new')).toBeUndefined();
  });

  it('the root is open to everybody and shows the way', async () => {
    expect(decisionFor('/')).toBe('open');
    const root = await fetch(`${journey.url}/`);
    expect([root.status, await root.json()]).toEqual([200, expect.objectContaining({ intake: '/docs', tryIt: '/graphiql' })]);
  });

  it('a route without a decision is closed to everybody', async () => {
    for (const [method, path] of [['GET', '/closed-by-default'], ['GET', '/intake/TB/orders'], ['POST', '/health/live']] as const) {
      const answer = await fetch(`${journey.url}${path}?a=1`, { method });
      expect([answer.status, await answer.json()]).toEqual([404, { error: { code: 'NOT_FOUND', message: `Nothing is served at ${method} ${path}; GET / says what is.` } }]);
    }
    const metrics = await fetch(`${journey.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.7' } });
    expect(metrics.status).toBe(403);
    expect(await (await fetch(`${journey.url}/metrics`)).text()).toMatch(/ordertrail_appended_events_total [1-9]/);
  });

  it('mask people for those who need not see them', async () => {
    const query = `{ order(orderNumber: "${orderNumber}") { customer { customerId name phone email } shippingAddress { city detail postcode } } orderHistory(orderNumber: "${orderNumber}") { data changes { path before after } } }`;
    const masked = await journey.data<{ order: { customer: { name: string } } }>({ roles: ['auditor'] }, query);
    expect(JSON.stringify(masked)).not.toMatch(SEALED);
    expect(masked.order.customer.name).toBe('张***');
    expect(JSON.stringify(await journey.data({ roles: ['auditor'], pii: true }, query))).toMatch(SEALED);
    expect(JSON.stringify(await journey.data({ roles: ['ops'] }, query))).toMatch(SEALED);
  });

  it('tell that a masked field changed, though both masks look alike', async () => {
    const { orderNumber: changed } = (await journey.send('TB', 'orders', anOrder('r-4'))).body.items[0]!;
    await journey.data({ roles: ['csr'] }, `mutation { changeAddress(orderNumber: "${changed}", address: {province: "浙江", city: "杭州", detail: "文二路 2"}, reason: "moved") { position } }`);
    const { orderHistory } = await journey.data<{ orderHistory: { changes: { path: string; before: unknown; after: unknown }[] }[] }>({ roles: ['auditor'] }, `{ orderHistory(orderNumber: "${changed}") { changes { path before after } } }`);
    expect(orderHistory.at(-1)!.changes).toContainEqual({ path: 'content.shippingAddress.detail', before: '文***', after: '文***' });
  });

  it('let an integration send for its own system only, and no history', async () => {
    const by = { roles: ['integration' as const], system: 'TB' };
    expect((await journey.send('TB', 'orders', anOrder('r-2'), by)).status).toBe(202);
    expect((await journey.send('JD', 'orders', anOrder('r-2'), by)).status).toBe(403);
    expect((await journey.send('TB', 'orders?history=true', anOrder('r-3'), by)).status).toBe(403);
    expect((await journey.send('TB', 'orders', anOrder('r-3'), { roles: ['csr'] })).status).toBe(403);
    expect((await journey.send('TB', 'mixed', { topic: 'orders', item: anOrder('r-3') }, by)).status).toBe(403);
    const anonymous = await fetch(`${journey.url}/intake/TB/orders`, { method: 'POST', body: '{}' });
    expect(anonymous.status).toBe(401);
  });

  it('refuse an expired and a foreign token alike', async () => {
    for (const token of ['abc', await journey.token({ roles: ['admin'] }, -60)]) {
      const response = await fetch(`${journey.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ query: '{ settings { version } }' }) });
      expect(response.status).toBe(401);
      expect(JSON.stringify(await response.json())).not.toContain(token === 'abc' ? 'stack' : token);
    }
  });
});
