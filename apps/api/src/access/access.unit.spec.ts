import { issueToken } from '@app/wiring';
import { KNOWN_FIELDS } from './known-fields';
import { maskAddress, maskCustomer, maskDocument, maskEmail, maskPhone, maskSent, maskText } from './masks';
import { NotAuthenticated, TokenVerifier } from './token-verifier';
import { stateChanges } from '../audit/state-changes';
import { withoutPaths } from '../rejection.presenter';
import { seesPersonalData } from './caller';

const KEY = new Uint8Array(32).fill(7);

describe('tokens', () => {
  const issuedAt = new Date('2026-01-09T02:00:00.000Z');
  const at = (iso: string) => new TokenVerifier({ tokenKey: KEY }, () => Date.parse(iso));

  it('tells who calls, and again from memory until the token expires', async () => {
    let now = issuedAt.getTime();
    const verifier = new TokenVerifier({ tokenKey: KEY }, () => now);
    const header = `Bearer ${await issueToken(KEY, { sub: 'lin', roles: ['ops'], pii: true }, issuedAt, 60)}`;
    await expect(verifier.verify(header)).resolves.toMatchObject({ sub: 'lin', roles: ['ops'], pii: true, system: null });
    expect(verifier.remembered(header)).toBeDefined();
    now += 61_000;
    expect(verifier.remembered(header)).toBeUndefined();
    now += 10_000;
    await expect(verifier.verify(header)).rejects.toThrow('expired');
  });

  it.each([
    ['nothing', undefined],
    ['no bearer', 'Basic abc'],
    ['no JWT', 'Bearer abc'],
    ['no signature', `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"iss":"ordertrail","sub":"a","exp":9999999999,"roles":["admin"]}').toString('base64url')}.`],
  ])('refuses %s', async (_, header) => {
    await expect(at('2026-01-09T02:00:00.000Z').verify(header)).rejects.toBeInstanceOf(NotAuthenticated);
  });

  it('refuses another key and another issuer', async () => {
    const forged = await issueToken(new Uint8Array(32).fill(8), { sub: 'eve', roles: ['admin'] }, issuedAt);
    await expect(at('2026-01-09T02:00:00.000Z').verify(`Bearer ${forged}`)).rejects.toBeInstanceOf(NotAuthenticated);
  });

  it.each(['', '  ', 'x'.repeat(201)])('refuses one that names nobody: %j', async (sub) => {
    const token = await issueToken(KEY, { sub, roles: ['csr'] }, issuedAt);
    await expect(at('2026-01-09T02:00:00.000Z').verify(`Bearer ${token}`)).rejects.toBeInstanceOf(NotAuthenticated);
  });

  it('ignores roles that do not exist', async () => {
    const token = await issueToken(KEY, { sub: 'eve', roles: ['root', 'csr'] as never }, issuedAt);
    expect((await at('2026-01-09T02:00:00.000Z').verify(`Bearer ${token}`)).roles).toEqual(['csr']);
  });
});

describe('masks', () => {
  it('leave too little to know anybody', () => {
    expect([maskText('张三丰'), maskPhone('13800001234'), maskEmail('wang@example.com')]).toEqual(['张***', '***34', 'w***@***']);
  });

  it('reach into documents and leave out what is sealed', () => {
    const document = { customer: { customerId: 'c', name: '张三', phone: null, sealed: 'x' }, is: [{ shippingAddress: { city: '杭州', detail: '文一路 1' } }], address: { name: '张三' } };
    expect(maskDocument(document)).toEqual({ customer: { customerId: 'c', name: '张***', phone: null }, is: [{ shippingAddress: { city: '杭州', detail: '文***' } }], address: { name: '张***' } });
  });

  it('are the same in a document as of an order', () => {
    const customer = { name: '张三', phone: '13800001234', email: 'wang@example.com' };
    const address = { detail: '文一路 1', postcode: '310000' };
    expect(maskDocument({ customer, address, mobile: [13800001234, null], zip: '310000' })).toEqual({ customer: maskCustomer(customer), address: maskAddress(address), mobile: ['***34', null], zip: '***' });
  });

  it('leave nothing of what was sent under names that no topic has, or none', () => {
    const sent = [
      { externalId: 'Z3', lines: [{ sku: 'MUG', quantity: 2, gift: true }], buyerName: 'Li Na', consignee: 'Wang', buyer: { cell: 13900002222, name: 'Li Na' }, name: { first: 'Li' }, mobile: 13900001111, tels: ['139'], total: null },
      'Li Na 13800001234', ['Li Na'], 13800001234,
    ];
    expect(maskSent(sent, KNOWN_FIELDS)).toEqual([
      { externalId: 'Z3', lines: [{ sku: 'MUG', quantity: 2, gift: true }], buyerName: '***', consignee: '***', buyer: { cell: '***', name: 'L***' }, name: { first: '***' }, mobile: '***11', tels: ['***'], total: null },
      '***', ['***'], '***',
    ]);
  });
});

describe('what stays here', () => {
  it.each([[['auditor'], false], [['auditor', 'integration'], false], [['analyst', 'auditor'], false], [['auditor', 'csr'], true], [['ops'], true]] as const)('personal data, from %s: %s', (roles, sees) => {
    expect(seesPersonalData({ sub: 'a', roles, system: null, pii: false, expiresAt: 0 })).toBe(sees);
  });

  it('the place of a file, not its name nor an address', () => {
    expect(withoutPaths("SqliteError: cannot open '/srv/data dir/x' or /var/lib/ordertrail/read-models.db (see https://a.b/c/d)")).toBe("SqliteError: cannot open 'data dir/x' or read-models.db (see https://a.b/c/d)");
  });
});

describe('changes between states', () => {
  it('are told path by path', () => {
    expect(stateChanges({ a: 1, b: { c: [1, 2] }, d: null }, { a: 1, b: { c: [1, 3, 4] }, d: null, e: 'x' })).toEqual([
      { path: 'b.c[1]', before: 2, after: 3 },
      { path: 'b.c[2]', before: null, after: 4 },
      { path: 'e', before: null, after: 'x' },
    ]);
  });
});
