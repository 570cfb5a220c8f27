import { TestClock } from '@app/runtime';
import { Journey, POSITION } from './journey';

const ADMIN = { roles: ['admin' as const], sub: 'root' };
const AUDITOR = { roles: ['auditor' as const] };
const STAFF = 'staffId name roles supervisor backup active delegation { to from until maxAmount } email phone';
const REGISTER = `mutation($id: ID!, $name: String!, $roles: [String!]!, $supervisor: ID, $backup: ID, $email: String, $phone: String) {
  registerStaff(staffId: $id, name: $name, roles: $roles, supervisor: $supervisor, backup: $backup, email: $email, phone: $phone) { position staff { ${STAFF} } } }`;
const DELEGATE = `mutation($id: ID!, $to: ID!, $from: DateTime!, $until: DateTime!, $max: Decimal) {
  setDelegation(staffId: $id, to: $to, from: $from, until: $until, maxAmount: $max) { position staff { staffId delegation { to from until maxAmount } } } }`;
const one = (mutation: string) => `mutation($id: ID!) { ${mutation}(staffId: $id) { position staff { ${STAFF} } } }`;
const ACTS = 'query($id: ID!, $amount: Decimal, $at: DateTime) { whoActsFor(staffId: $id, amount: $amount, at: $at) { staffId way { from to by } } }';

interface Staff {
  staffId: string;
  name: string;
  active: boolean;
  delegation: object | null;
}

describe('the people', () => {
  const clock = new TestClock('2026-01-09T23:59:00.000Z');
  let journey: Journey;
  const approver = (sub: string) => ({ roles: ['approver' as const], sub });
  const staff = async (id: string, by: Parameters<Journey['data']>[0] = ADMIN) => (await journey.data<{ staff: Staff | null }>(by, `query($id: ID!) { staff(staffId: $id) { ${STAFF} } }`, { id })).staff;
  const register = (id: string, more: object = {}) => journey.data<{ registerStaff: { position: string; staff: Staff } }>(ADMIN, REGISTER, { id, name: `Name of ${id}`, roles: ['finance'], ...more });
  const refused = async (query: string, variables: Record<string, unknown>, by: Parameters<Journey['data']>[0] = ADMIN) => {
    const written = () => Promise.all([`staff-${String(variables['id'])}`, 'roster-main', 'organisation-main'].map((stream) => journey.orderTrail.eventStore.read(stream)));
    const before = await written();
    const { errors } = await journey.ask(by, query, variables);
    expect(await written()).toEqual(before);
    return errors[0]!.extensions.rejection ?? errors[0]!.extensions.code;
  };
  const day = { from: '2026-01-09T00:00:00Z', until: '2026-01-10T00:00:00Z' };
  const acts = async (id: string, asked: { amount?: string; at?: string } = {}) => (await journey.data<{ whoActsFor: { staffId: string } | null }>(ADMIN, ACTS, { id, ...asked })).whoActsFor;

  beforeAll(async () => (journey = await Journey.start({ clock })), 60_000);
  afterAll(() => journey.end());

  it('are registered, found by role, and changed', async () => {
    const chief = await register('chief', { roles: ['sales-director'] });
    expect(chief.registerStaff).toEqual({
      position: expect.stringMatching(POSITION),
      staff: { staffId: 'chief', name: 'Name of chief', roles: ['sales-director'], supervisor: null, backup: null, active: true, delegation: null, email: null, phone: null },
    });
    await register('peer', { supervisor: 'chief' });
    const { registerStaff } = await register('li', { name: '李梅', supervisor: 'chief', backup: 'peer', email: 'li@example.com', phone: '13800001234' });
    const li = { staffId: 'li', name: '李梅', roles: ['finance'], supervisor: 'chief', backup: 'peer', active: true, delegation: null, email: 'li@example.com', phone: '13800001234' };
    expect(registerStaff.staff).toEqual(li);
    expect(await staff('li')).toEqual(li);
    expect(await staff('nobody')).toBeNull();
    const members = async (role: string | null) => (await journey.data<{ staffMembers: Staff[] }>(approver('li'), 'query($role: String) { staffMembers(role: $role) { staffId } }', { role })).staffMembers.map(({ staffId }) => staffId);
    expect([await members('finance'), await members('sales-director'), await members('none'), await members(null)]).toEqual([['li', 'peer'], ['chief'], [], ['chief', 'li', 'peer']]);

    const changed = await register('li', { name: '李梅', roles: ['compliance', 'finance'], phone: null });
    expect(changed.registerStaff.staff).toEqual({ ...li, roles: ['compliance', 'finance'], phone: null });
    const known = await journey.orderTrail.eventStore.read('staff-li');
    expect((await register('li', { name: '李梅', roles: ['finance', 'compliance'] })).registerStaff.staff).toEqual(changed.registerStaff.staff);
    expect(await journey.orderTrail.eventStore.read('staff-li')).toEqual(known);
  });

  it('are refused by name when those they depend on are not there', async () => {
    const variables = { id: 'li', name: '李梅', roles: ['finance'] };
    expect(await refused(REGISTER, { ...variables, supervisor: 'nobody' })).toBe('SupervisorUnknown');
    expect(await refused(REGISTER, { ...variables, backup: 'li' })).toBe('BackupIsOneself');
    expect(await refused(REGISTER, { ...variables, id: 'chief', supervisor: 'li' })).toBe('SupervisorCycle');
    expect(await refused(REGISTER, { ...variables, id: 'ghost', name: ' ' })).toBe('NameMissing');
    expect(await refused(REGISTER, { ...variables, id: 'two words' })).toBe('BAD_USER_INPUT');
    expect(await refused(REGISTER, { ...variables, email: 'nowhere' })).toBe('BAD_USER_INPUT');
    expect(await refused(one('markDeparted'), { id: 'nobody' })).toBe('NOT_FOUND');
    expect(await refused(one('endDelegation'), { id: 'nobody' })).toBe('NOT_FOUND');
  });

  it('are sealed in the log and masked for those who need not see them', async () => {
    const stored = JSON.stringify(await journey.orderTrail.eventStore.read('staff-li'));
    expect(stored).toContain('sealed');
    expect(stored).not.toMatch(/李梅|li@example|1380000/);
    expect(await staff('li', AUDITOR)).toMatchObject({ name: '李***', email: 'l***@***', phone: null });
    expect(await staff('li', { ...AUDITOR, pii: true })).toMatchObject({ name: '李梅' });
  });

  it('delegate their own work, within dates and amount, and end it early', async () => {
    const mine = await journey.data<{ setDelegation: { staff: Staff } }>(approver('li'), DELEGATE, { id: 'li', to: 'peer', ...day, max: '5000' });
    const delegation = { to: 'peer', from: '2026-01-09T00:00:00.000Z', until: '2026-01-10T00:00:00.000Z', maxAmount: '5000' };
    expect(mine.setDelegation.staff).toEqual({ staffId: 'li', delegation });
    expect(await refused(DELEGATE, { id: 'peer', to: 'chief', ...day }, approver('li'))).toBe('FORBIDDEN');
    expect(await refused(one('endDelegation'), { id: 'peer' }, approver('li'))).toBe('FORBIDDEN');
    expect(await acts('li', { amount: '5000.00' })).toEqual({ staffId: 'peer', way: [{ from: 'li', to: 'peer', by: 'DELEGATION' }] });
    expect([await acts('li', { amount: '5000.01' }), await acts('li', { at: '2026-01-10T00:00:00Z' })]).toEqual([{ staffId: 'li', way: [] }, { staffId: 'li', way: [] }]);
    const ended = await journey.data<{ endDelegation: { staff: Staff } }>(approver('li'), one('endDelegation'), { id: 'li' });
    expect(ended.endDelegation.staff.delegation).toBeNull();
    expect(await acts('li')).toEqual({ staffId: 'li', way: [] });
  });

  it('cannot delegate in a circle, nor more than three deep, whichever is set last', async () => {
    for (const id of ['d1', 'd2', 'd3', 'd4', 'd5']) await register(id);
    for (const [id, to] of [['d2', 'd3'], ['d1', 'd2'], ['d3', 'd4']]) await journey.data(ADMIN, DELEGATE, { id, to, ...day });
    expect((await acts('d1'))?.staffId).toBe('d4');
    expect(await refused(DELEGATE, { id: 'd4', to: 'd1', ...day })).toBe('DelegationCycle');
    expect(await refused(DELEGATE, { id: 'd4', to: 'd5', ...day })).toBe('DelegationTooDeep');
    expect(await refused(DELEGATE, { id: 'd5', to: 'd1', ...day })).toBe('DelegationTooDeep');
    // Not while the others are away.
    await journey.data(ADMIN, DELEGATE, { id: 'd4', to: 'd1', from: '2026-01-10T00:00:00Z', until: '2026-01-11T00:00:00Z' });
  });

  it('cannot make a circle by delegating at the same time', async () => {
    for (const id of ['x', 'y', 'z']) await register(id);
    const replies = await Promise.all([['x', 'y'], ['y', 'z'], ['z', 'x']].map(([id, to]) => journey.ask(ADMIN, DELEGATE, { id, to, ...day })));
    expect(replies.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.rejection))).toEqual(['DelegationCycle']);
  });

  it('depart, and their work goes to the backup, then to the superior; and return', async () => {
    await journey.data(ADMIN, DELEGATE, { id: 'li', to: 'd5', ...day });
    const key = { 'idempotency-key': 'li-leaves' };
    const gone = await journey.data<{ markDeparted: { position: string; staff: Staff } }>(ADMIN, one('markDeparted'), { id: 'li' }, key);
    expect(gone.markDeparted.staff).toMatchObject({ active: false, delegation: null });
    expect((await journey.data<typeof gone>(ADMIN, one('markDeparted'), { id: 'li' })).markDeparted).toEqual(gone.markDeparted);
    expect(await acts('li')).toEqual({ staffId: 'peer', way: [{ from: 'li', to: 'peer', by: 'BACKUP' }] });
    expect(await refused(DELEGATE, { id: 'peer', to: 'li', ...day })).toBe('DelegateDeparted');
    expect(await refused(DELEGATE, { id: 'li', to: 'peer', ...day })).toBe('DelegatorDeparted');
    expect(await refused(REGISTER, { id: 'peer', name: 'p', roles: [], backup: 'li' })).toBe('BackupDeparted');
    await journey.data(ADMIN, one('markDeparted'), { id: 'peer' });
    expect(await acts('li')).toEqual({ staffId: 'chief', way: [{ from: 'li', to: 'chief', by: 'SUPERVISOR' }] });
    await journey.data(ADMIN, one('markDeparted'), { id: 'chief' });
    expect(await acts('li')).toBeNull();
    const back = await journey.data<{ markReturned: { staff: Staff } }>(ADMIN, one('markReturned'), { id: 'li' });
    expect(back.markReturned.staff).toMatchObject({ active: true, delegation: null, name: '李梅' });
    expect(await journey.data(ADMIN, one('markDeparted'), { id: 'li' }, key)).toEqual(gone);
    expect(await staff('li')).toMatchObject({ active: true });
  });

  it('show no delegation that is over, and are the same after a restart', async () => {
    expect(await staff('d1')).toMatchObject({ delegation: { to: 'd2' } });
    await clock.advance(60_000);
    expect(await staff('d1')).toMatchObject({ delegation: null });
    const before = await staff('d4');
    expect(before).toMatchObject({ delegation: { to: 'd1' } });
    await journey.restart();
    expect(await staff('d4')).toEqual(before);
    expect(await refused(DELEGATE, { id: 'd1', to: 'd4', from: day.from, until: '2026-01-09T23:59:59Z' })).toBe('DelegationEndsInThePast');
    expect(await refused(DELEGATE, { id: 'd1', to: 'd4', from: day.from, until: '2026-01-10T12:00:00Z' })).toBe('DelegationCycle');
  });
});
