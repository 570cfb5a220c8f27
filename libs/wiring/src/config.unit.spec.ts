// The environment is read once; what is wrong with it is said all together.
import { readConfig } from './config';

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toMatchObject({ port: 3000, host: '127.0.0.1', zone: undefined, masterKey: undefined, logLevel: 'info', oidc: undefined });
  });

  it('takes what is given', () => {
    const config = readConfig({ ORDERTRAIL_DATA: '/srv/trail', ORDERTRAIL_PORT: '0', ORDERTRAIL_ZONE: 'Europe/Berlin', ORDERTRAIL_MASTER_KEY: Buffer.alloc(32, 1).toString('base64'), PATH: '/bin' });
    expect(config).toMatchObject({ dataDirectory: '/srv/trail', port: 0, zone: 'Europe/Berlin' });
    expect(config.masterKey).toHaveLength(32);
  });

  it('takes a mail server with its sender and an SMS gateway with its token, and repeats no secret when it refuses them', () => {
    const right = { ORDERTRAIL_SMTP_URL: 'smtps://robot:p%2Fw@mail.example.com', ORDERTRAIL_MAIL_FROM: 'OrderTrail <no-reply@example.com>', ORDERTRAIL_SMS_URL: 'http://localhost:8080/messages', ORDERTRAIL_SMS_TOKEN: 'top-secret' };
    expect(readConfig(right)).toMatchObject({ smtp: { url: right.ORDERTRAIL_SMTP_URL, from: right.ORDERTRAIL_MAIL_FROM }, sms: { url: right.ORDERTRAIL_SMS_URL, token: 'top-secret' } });
    expect(readConfig({})).toMatchObject({ smtp: undefined, sms: undefined });
    expect(() => readConfig({ ORDERTRAIL_SMTP_URL: right.ORDERTRAIL_SMTP_URL, ORDERTRAIL_SMS_TOKEN: 'top-secret' })).toThrow(/SMTP_URL and ORDERTRAIL_MAIL_FROM go together.*SMS_URL and ORDERTRAIL_SMS_TOKEN go together/s);
    const wrong = { ORDERTRAIL_SMTP_URL: 'smtp://robot:secret@mail?pool=1', ORDERTRAIL_MAIL_FROM: 'me', ORDERTRAIL_SMS_URL: 'ftp://x', ORDERTRAIL_SMS_TOKEN: 'top secret' };
    const message = ((): string => {
      try {
        return String(readConfig(wrong));
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(message).toMatch(/ORDERTRAIL_SMTP_URL: does not know the option pool.*ORDERTRAIL_MAIL_FROM: must be.*ORDERTRAIL_SMS_URL: must be.*ORDERTRAIL_SMS_TOKEN: must be/s);
    expect(message).not.toContain('secret');
  });

  it('lists every bad name in one sentence', () => {
    const bad = { ORDERTRAIL_PORT: '70000', ORDERTRAIL_ZONE: 'Mars/Olympus', ORDERTRAIL_MASTER_KEY: 'short', ORDERTRAIL_DATUM: 'x', ORDERTRAIL_OIDC_ISSUER: 'https://id.example.org' };
    expect(() => readConfig(bad)).toThrow(/ORDERTRAIL_DATUM is not a setting.*ORDERTRAIL_PORT: must be a whole number from 0 to 65535;.*ORDERTRAIL_ZONE.*IANA.*ORDERTRAIL_MASTER_KEY.*32 bytes.*go together/s);
  });

  it('takes no empty value for the default: what was to stand there is missing', () => {
    expect(() => readConfig({ ORDERTRAIL_DATA: '', ORDERTRAIL_PORT: '', ORDERTRAIL_MASTER_KEY: '' })).toThrow(
      'The configuration cannot be used: ORDERTRAIL_DATA is empty: give it a value, or leave it out; ORDERTRAIL_PORT is empty: give it a value, or leave it out; ORDERTRAIL_MASTER_KEY is empty: give it a value, or leave it out.',
    );
    expect(readConfig({ EVENTSTOREDB_URL: '', MONGODB_URL: '' }).servers).toBeUndefined();
  });

  it('takes both servers or neither, and a role of its own only with them', () => {
    const servers = { EVENTSTOREDB_URL: 'esdb://127.0.0.1:2113?tls=false', MONGODB_URL: 'mongodb://127.0.0.1:27017/ordertrail' };
    expect(readConfig(servers)).toMatchObject({ servers: { eventStoreDb: servers.EVENTSTOREDB_URL, mongoDb: servers.MONGODB_URL }, role: 'both' });
    expect(readConfig({ ...servers, ORDERTRAIL_ROLE: 'worker' }).role).toBe('worker');
    expect(readConfig({})).toMatchObject({ servers: undefined, role: 'both' });
    expect(() => readConfig({ MONGODB_URL: servers.MONGODB_URL })).toThrow('EVENTSTOREDB_URL and MONGODB_URL go together');
    expect(() => readConfig({ ORDERTRAIL_ROLE: 'api' })).toThrow('ORDERTRAIL_ROLE=api needs EVENTSTOREDB_URL and MONGODB_URL');
    expect(() => readConfig({ EVENTSTOREDB_URL: 'http://x', MONGODB_URL: 'y', ORDERTRAIL_ROLE: 'boss' })).toThrow(/EVENTSTOREDB_URL: must be.*MONGODB_URL: must be.*ORDERTRAIL_ROLE:/s);
  });
});
