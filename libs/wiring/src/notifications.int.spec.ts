// The whole product in one process and a mail server that comes and goes: everybody who must be told is told once.
// Where a message went out and was not recorded, it goes out again under the same id.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NOTIFICATION_EVENT_TYPES, notificationStream, ROSTER_STREAM, staffStream } from '@app/domain';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import type { Command, Recorded } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { type CommandExecutor, type EventStore, LeaseLost, LocalSignals, PolicyRunner, SystemClock, SystemRandomness, TestClock } from '@app/runtime';
import { until } from '@test/dsl';
import { makeTakeOrder } from '../../domain/src/order/order.fixtures';
import { SmtpServerUnderTest } from '../../notifications/src/smtp-server.fixtures';
import { readConfig } from './config';
import { policiesPath } from './data-files';
import { executorOver, openSources } from './executor';
import { createLogger } from './logger';
import { openNotifiers } from './notifiers';
import { openOrderTrail, type OrderTrail } from './open-ordertrail';
import { POLICIES } from './registry';
import { RowsAtHand } from './rows-at-hand';

const FROM = 'OrderTrail <no-reply@trail.example.com>';
const MAILBOX = 'li.mei@example.com';
const ADMIN = { id: 'root', role: 'admin' };

/** 60,000.00 CNY on credit: it waits for a sales director. */
const LARGE_ORDER = makeTakeOrder({ paymentTerms: 'CREDIT', lines: [{ lineId: '1', sku: 'TEA-100', title: 'Green tea', category: 'tea', quantity: 2, unitPrice: 3_000_000 }], freight: 0, total: 6_000_000 });

describe('notifications', () => {
  let directory: string;
  let clock: TestClock;
  let server: SmtpServerUnderTest;
  let product: OrderTrail | undefined;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ordertrail-notifications-'));
    clock = new TestClock('2026-01-09T02:01:00.000Z');
    server = await new SmtpServerUnderTest().start();
  });
  afterEach(async () => {
    await product?.close();
    product = undefined;
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  const openWith = async (settings: Record<string, string>, standIn: boolean): Promise<OrderTrail> => {
    const config = readConfig({ ORDERTRAIL_DATA: directory, ORDERTRAIL_LOG_LEVEL: 'silent', ...settings });
    return (product = await openOrderTrail(config, { clock, random: new SystemRandomness(), inOneThread: true, standIn }));
  };
  const open = (): Promise<OrderTrail> => openWith({ ORDERTRAIL_SMTP_URL: server.url, ORDERTRAIL_MAIL_FROM: FROM }, false);
  const register = async (staffId: string, roles: string[], more: object): Promise<void> => {
    const base = { id: `register-${staffId}`, actor: ADMIN, at: clock.now(), staffId };
    await product!.executor.execute(ROSTER_STREAM, { ...base, id: `list-${staffId}`, type: 'ListStaff' } as Command);
    await done(staffStream(staffId), { ...base, type: 'RegisterStaff', name: staffId, roles, ...more } as unknown as Command);
  };
  const done = async (stream: string, command: Command): Promise<void> => expect(await product!.executor.execute(stream, command)).toMatchObject({ outcome: 'done' });
  const journal = async (): Promise<Recorded[]> => {
    const [events, stop] = [[] as Recorded[], new AbortController()];
    for await (const batch of product!.eventStore.subscribe({ categories: ['notification'], signal: stop.signal })) {
      events.push(...batch.events);
      if (batch.live) break;
    }
    stop.abort();
    return events;
  };
  /** Of mails to somebody. */
  const told = async (staffId: string, channel = 'mail'): Promise<string[]> => (await journal()).filter(({ stream }) => stream.endsWith(`.${staffId}.${channel}`)).map(({ type }) => type);
  const happened = (staffId: string, types: readonly (keyof typeof NOTIFICATION_EVENT_TYPES)[], channel = 'mail'): Promise<void> => until(async () => (await told(staffId, channel)).join() === types.join());
  const outbox = (): Record<string, unknown>[] =>
    existsSync(join(directory, 'outbox.jsonl')) ? readFileSync(join(directory, 'outbox.jsonl'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>) : [];
  const assign = async (): Promise<void> => {
    await open();
    await register('li', ['sales-director'], { name: '李梅', email: MAILBOX, phone: '+86 138 0000 1234', backup: null });
    await done('order-TB.4711', LARGE_ORDER);
  };

  it('reach a mail server that was down for a while, each once, and the file where there is no SMS gateway', async () => {
    await server.make('AWAY');
    await assign();
    await happened('li', ['NotificationQueued', 'NotificationFailed']);
    await happened('li', ['NotificationQueued', 'NotificationSent'], 'sms');
    await clock.advance(60_000);
    await happened('li', ['NotificationQueued', 'NotificationFailed', 'NotificationFailed']);
    await server.make('WELL');
    await clock.advance(299_000);
    expect(server.mails).toEqual([]);
    await clock.advance(1_000);
    await happened('li', ['NotificationQueued', 'NotificationFailed', 'NotificationFailed', 'NotificationSent']);
    await clock.advance(3_600_000);
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]).toMatchObject({ to: MAILBOX, subject: '待审批 TB2026010900001 / Approval needed: TB2026010900001' });
    expect(server.mails[0]?.text).toMatch(/金额：60000\.00 CNY.*期限：2026-01-09 18:01 \(Asia\/Shanghai\).*Role: sales-director/s);
    expect(outbox()).toMatchObject([{ channel: 'SMS', recipient: 'li', text: expect.stringContaining('TB2026010900001') }]);
    // Nobody's address stands in clear anywhere on disk.
    for (const file of readdirSync(directory, { withFileTypes: true })) {
      if (file.isFile()) expect(readFileSync(join(directory, file.name)).includes(MAILBOX)).toBe(false);
    }
  }, 60_000);

  it('tell who takes over and who is relieved; who has left is written to no more', async () => {
    await open();
    await register('wu', ['regional-manager'], { name: '吴刚', email: 'wu@example.com' });
    await register('li', ['sales-director'], { name: '李梅', email: MAILBOX, backup: 'wu' });
    await done('order-TB.4711', LARGE_ORDER);
    await happened('li', ['NotificationQueued', 'NotificationSent']);
    await done(staffStream('li'), { type: 'MarkDeparted', id: 'gone', actor: ADMIN, at: clock.now(), staffId: 'li' } as unknown as Command);
    await happened('wu', ['NotificationQueued', 'NotificationSent']);
    await happened('li', ['NotificationQueued', 'NotificationSent', 'NotificationQueued', 'NotificationUndeliverable']);
    expect(server.mails.map(({ to, subject }) => [to, subject.split(' ')[0]])).toEqual([[MAILBOX, '待审批'], ['wu@example.com', '审批任务已转给您']]);
    expect(server.mails[1]?.text).toMatch(/原因：离职\r?\n原处理人：李梅 \(li\)\r?\n/);
    await happened('wu', ['NotificationQueued', 'NotificationUndeliverable'], 'sms');
    expect((await journal()).at(-1)?.data).not.toHaveProperty('error');
  }, 60_000);

  it('are sent after a restart where the product was closed while a mail was under way, and not again after that', async () => {
    await server.make('SILENT');
    await assign();
    await until(() => server.connections > 0);
    await product!.close();
    await server.make('WELL');
    await open();
    await happened('li', ['NotificationQueued', 'NotificationFailed']);
    await clock.advance(60_000);
    await happened('li', ['NotificationQueued', 'NotificationFailed', 'NotificationSent']);
    await product!.close();
    await open();
    await clock.advance(3_600_000);
    expect(server.mails).toHaveLength(1);
    expect((await told('li')).filter((type) => type === 'NotificationSent')).toHaveLength(1);
  }, 60_000);

  it('wait for who stays where a command opened the product, which may not know mail server and gateway', async () => {
    await openWith({}, true);
    await register('li', ['sales-director'], { name: '李梅', email: MAILBOX, phone: '+86 138 0000 1234' });
    await done('order-TB.4711', LARGE_ORDER);
    await happened('li', ['NotificationQueued']);
    await happened('li', ['NotificationQueued'], 'sms');
    await clock.advance(60_000);
    await product!.close();
    expect([existsSync(join(directory, 'outbox.jsonl')), server.mails]).toEqual([false, []]);
    await open();
    await happened('li', ['NotificationQueued', 'NotificationSent']);
    expect(server.mails).toMatchObject([{ to: MAILBOX }]);
    await happened('li', ['NotificationQueued', 'NotificationSent'], 'sms');
    expect(outbox()).toMatchObject([{ channel: 'SMS', recipient: 'li' }]);
  }, 60_000);

  it('are neither queued nor sent again when the policies come in another version', async () => {
    await assign();
    await happened('li', ['NotificationQueued', 'NotificationSent']);
    await happened('li', ['NotificationQueued', 'NotificationSent'], 'sms');
    await product!.close();
    product = undefined;
    const owned = DataDirectory.own(directory, { startedAt: clock.now() });
    const signals = new LocalSignals();
    const log = await EmbeddedEventStore.open({ directory: owned, clock, signals });
    const store = EmbeddedReadModels.open(policiesPath(directory));
    const policies = POLICIES.filter(({ name }) => name.startsWith('notification')).map((policy) => ({ ...policy, todo: { ...policy.todo, version: policy.todo.version + 1 } }));
    const atEnd = new Set<string>();
    signals.subscribe('projected', ({ projection, live }) => live && atEnd.add(projection));
    const given: Command[] = [];
    const execute = async (_: string, command: Command): Promise<never> => {
      given.push(command);
      throw new Error('nothing is to be done');
    };
    const runner = new PolicyRunner({ log, store, signals, clock, executor: { execute }, policies, logger: createLogger({ logLevel: 'silent', logFor: 'machines' }) });
    await runner.start();
    await until(() => atEnd.size === 2);
    await clock.advance(3_600_000);
    await runner.stop();
    await store.close();
    await log.close();
    owned.release();
    expect(given).toEqual([]);
  }, 60_000);
});

describe('an attempt', () => {
  const ID = 'e-1.li.mail';
  let path: string;
  let server: SmtpServerUnderTest;
  let store: EmbeddedEventStore;
  let close: () => Promise<void>;
  const [random, clock] = [new SystemRandomness(), new SystemClock()];
  const actor = { id: 'policy:notification-delivery', role: 'system' };
  const attempt = (id = 'a-1'): Command => ({ type: 'AttemptDelivery', id, actor, at: '2026-01-09T02:01:00.000Z', notificationId: ID, attempt: 1 }) as Command;

  beforeEach(async () => {
    path = mkdtempSync(join(tmpdir(), 'ordertrail-attempt-'));
    server = await new SmtpServerUnderTest().start();
    const directory = DataDirectory.own(path, { startedAt: clock.now() });
    store = await EmbeddedEventStore.open({ directory, clock, signals: new LocalSignals() });
    const notifiers = openNotifiers({ dataDirectory: path, servers: undefined, smtp: { url: server.url, from: FROM }, sms: undefined }, { clock, logger: createLogger({ logLevel: 'silent', logFor: 'machines' }) });
    close = async () => {
      await notifiers.close();
      await store.close();
      directory.release();
      await server.stop();
      rmSync(path, { recursive: true });
    };
    const sources = openSources({ eventStore: store, keyVault: store.openKeyVault(new Uint8Array(32).fill(7), random) }, random, new RowsAtHand());
    worker = (log, assertHeld = () => undefined) => executorOver(log, sources, { notifiers, clock, assertHeld });
    const { execute } = worker(store);
    const base = { actor: ADMIN, at: '2026-01-09T02:00:00.000Z' };
    await execute('zone-main', { ...base, type: 'FixBusinessZone', id: 'zone', zone: 'Asia/Shanghai' } as Command);
    await execute(staffStream('li'), { ...base, type: 'RegisterStaff', id: 'li', staffId: 'li', name: '李梅', roles: [], email: MAILBOX } as unknown as Command);
    await execute(notificationStream(ID), { ...base, type: 'QueueNotification', id: 'q-1', notificationId: ID, staffId: 'li', channel: 'MAIL', template: 'TASK_ASSIGNED', orderNumber: 'TB1', values: {} } as Command);
  });
  afterEach(() => close());
  let worker: (log: EventStore, assertHeld?: () => void) => CommandExecutor;
  /** The log as a process sees it that cannot write to it. */
  const writing = (log: { append: EventStore['append'] }): EventStore => ({ origin: store.origin, read: store.read.bind(store), append: (...given: Parameters<EventStore['append']>) => log.append(...given) }) as EventStore;
  const recordedTypes = async (): Promise<string[]> => (await store.read(notificationStream(ID))).map(({ type }) => type);

  it('that went out and was not recorded goes out again from another process, under the same id, and is recorded once', async () => {
    await expect(worker(writing({ append: () => Promise.reject(new Error('killed')) })).execute(notificationStream(ID), attempt())).rejects.toThrow('killed');
    expect(await worker(store).execute(notificationStream(ID), attempt())).toMatchObject({ outcome: 'done' });
    expect(server.mails).toHaveLength(2);
    expect(new Set(server.mails.map(({ id }) => id)).size).toBe(1);
    expect(await recordedTypes()).toEqual(['NotificationQueued', 'NotificationSent']);
  });

  it('that could not be recorded at once does not go out again from the same process', async () => {
    const log: Pick<EventStore, 'append'> = { append: () => Promise.reject(new Error('the log does not answer')) };
    const executor = worker(writing(log));
    for (let again = 0; again < 3; again++) await expect(executor.execute(notificationStream(ID), attempt())).rejects.toThrow('does not answer');
    log.append = store.append.bind(store);
    await executor.execute(notificationStream(ID), attempt());
    expect(server.mails).toHaveLength(1);
    expect(await recordedTypes()).toEqual(['NotificationQueued', 'NotificationSent']);
  });

  it('that was recorded is not made again, whoever asks', async () => {
    await worker(store).execute(notificationStream(ID), attempt());
    await worker(store).execute(notificationStream(ID), attempt());
    await worker(store).execute(notificationStream(ID), attempt('another'));
    expect(server.mails).toHaveLength(1);
  });

  it('sends nothing once the lease is lost', async () => {
    const lost = (): void => {
      throw new LeaseLost('policy/notification-delivery');
    };
    await expect(worker(store, lost).execute(notificationStream(ID), attempt())).rejects.toThrow(LeaseLost);
    expect(server.mails).toEqual([]);
    expect(await recordedTypes()).toEqual(['NotificationQueued']);
  });
});
