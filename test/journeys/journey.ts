// The whole product over real HTTP on stores of its own, with a clock that the test turns where it wants to.
// One for each journey: what it starts it also ends and removes, once nothing is lost and nothing doubled.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '@app/api';
import { type Config, issueToken, openOrderTrail, type OrderTrail, readConfig, type Surroundings } from '@app/wiring';
import { type Acknowledged, expectNothingLostOrDoubled } from './nothing-lost';
import { type JourneyStores, storesOfJourney } from './stores-of-journeys';

/** A position of whichever log. */
export const POSITION = /^(\d{16}|\d{20}\.\d{20})$/;

/** Claims of a caller's token. */
type Claims = Parameters<typeof issueToken>[1];
type By = Partial<Claims> & Pick<Claims, 'roles'>;

interface Reply<T = Record<string, never>> {
  status: number;
  headers: Headers;
  data: T | null;
  errors: readonly { message: string; path?: readonly (string | number)[]; extensions: { code: string; rejection?: string; details?: unknown } }[];
  extensions: { position: string };
}

interface IntakeReply {
  status: number;
  headers: Headers;
  body: { position: string; items: { externalId: string | null; orderNumber: string | null; outcome: string; errors: string[] }[]; error?: { code: string; message: string } };
}

/** Of 5 s each. */
const LATE_MAX = 5;
const EVENTUALLY_MS_MAX = 20_000;

export class Journey {
  private readonly acknowledged: Acknowledged = { orders: [], positions: new Set() };

  private constructor(
    readonly directory: string,
    private readonly stores: JourneyStores,
    private readonly surroundings: Surroundings,
    public orderTrail: OrderTrail,
    public app: App,
    public url: string,
  ) {}

  static async start(surroundings: Surroundings = {}): Promise<Journey> {
    const directory = mkdtempSync(join(tmpdir(), 'ordertrail-journey-'));
    const stores = await storesOfJourney(directory, () => surroundings.clock?.now() ?? new Date().toISOString());
    const turned = surroundings.clock === undefined ? surroundings : { ...surroundings, clock: stores.clockOf(surroundings.clock) };
    const { orderTrail, app, url } = await open(directory, stores, turned);
    return new Journey(directory, stores, turned, orderTrail, app, url);
  }

  /** Ends the product and starts it again on the same data. */
  async restart(): Promise<void> {
    await this.app.close();
    Object.assign(this, await open(this.directory, this.stores, this.surroundings));
  }

  /** Changes a field of a row behind the product's back, and starts it again. */
  async changeRow(projection: string, key: string, field: string, value: string): Promise<void> {
    await this.app.close();
    await this.stores.changeRow(projection, key, field, value);
    await this.restart();
  }

  /** Also looks at what is left: to be called while the product is well. */
  async end(): Promise<void> {
    try {
      this.stores.heal();
      await expectNothingLostOrDoubled(this.orderTrail, this.acknowledged);
    } finally {
      await this.close();
    }
  }

  /** Without a look back, for what was broken on purpose. */
  async close(): Promise<void> {
    await this.app.close();
    await this.stores.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  token(claims: By, lifetimeSeconds = 3_600): Promise<string> {
    return issueToken(this.orderTrail.secrets.tokenKey, { sub: claims.roles.join('-'), ...claims }, new Date(this.orderTrail.clock.now()), lifetimeSeconds);
  }

  /** `by`: claims of the caller's token, or null for no token. */
  async ask<T>(by: By | null, query: string, variables: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Reply<T>> {
    const authorization: Record<string, string> = by === null ? {} : { authorization: `Bearer ${await this.token(by)}` };
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization, ...headers },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await response.json()) as { data?: T | null; errors?: Reply<T>['errors']; extensions?: { position: string } };
    if (query.startsWith('mutation')) this.written(body.data ?? {});
    return { status: response.status, headers: response.headers, data: body.data ?? null, errors: body.errors ?? [], extensions: body.extensions ?? { position: '' } };
  }

  /** The data, of an answer without errors. Rows that are late for the position asked for are asked for again, as their reader is told. */
  async data<T>(by: By, query: string, variables: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<T> {
    let reply = await this.ask<T>(by, query, variables, headers);
    for (let again = 0; again < LATE_MAX && reply.errors.some(({ extensions }) => extensions.code === 'STALE_READ'); again++) reply = await this.ask<T>(by, query, variables, headers);
    if (reply.errors.length > 0) throw new Error(JSON.stringify(reply.errors));
    return reply.data!;
  }

  /** Sends as ops; a string goes as it is. */
  async send(system: string, topic: string, body: unknown, by: By = { roles: ['ops'] }): Promise<IntakeReply> {
    const response = await fetch(`${this.url}/intake/${system}/${topic}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await this.token(by)}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const answer = (await response.json()) as IntakeReply['body'];
    for (const { outcome, externalId } of answer.items ?? []) if (outcome === 'CREATED' && externalId !== null) this.acknowledged.orders.push({ platform: system, externalId });
    if (response.status === 202) this.acknowledged.positions.add(answer.position);
    return { status: response.status, headers: response.headers, body: answer };
  }

  /** How many an order has so far. The end of the log says less: policies write of their own accord. */
  async eventsOf(orderNumber: string): Promise<number> {
    const found = await this.orderTrail.orders.byNumber(orderNumber);
    return (await this.orderTrail.eventStore.read(found!.key)).length;
  }

  private written(payloads: object): void {
    for (const payload of Object.values(payloads) as ({ position?: string } | null)[]) if (payload?.position !== undefined) this.acknowledged.positions.add(payload.position);
  }
}

async function open(directory: string, { environment }: JourneyStores, surroundings: Surroundings): Promise<{ orderTrail: OrderTrail; app: App; url: string }> {
  const config: Config = { ...readConfig({ ORDERTRAIL_DATA: directory, ORDERTRAIL_LOG_LEVEL: 'error', ...environment }), port: 0 };
  const orderTrail = await openOrderTrail(config, { inOneThread: true, ...surroundings });
  const app = await createApp(orderTrail);
  return { orderTrail, app, url: await app.start() };
}

/** Looks again until the check passes: policies act by themselves, and a busy machine takes its time. */
export async function eventually<T>(check: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + EVENTUALLY_MS_MAX; ; ) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** An order that passes every check, as a platform sends it. */
export function anOrder(externalId: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    externalId,
    shopId: 'shop-1',
    placedAt: '2026-01-09T10:00:00+08:00',
    customer: { customerId: `c-${externalId}`, name: '张三丰', tier: 'GOLD', phone: '13800001234', email: 'zhang@example.com' },
    shippingAddress: { country: 'CN', province: '浙江', city: '杭州', district: '西湖', detail: '文一路 1 号 302', postcode: '310000' },
    lines: [
      { lineId: '1', sku: 'SKU-1', title: 'Tea', category: 'food', quantity: 2, unitPrice: '49.95' },
      { lineId: '2', sku: 'SKU-2', title: 'Cup', category: 'home', quantity: 1, unitPrice: '100.00' },
    ],
    freight: '10.00',
    discount: '10.00',
    total: '199.90',
    ...changes,
  };
}
