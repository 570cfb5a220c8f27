// A system that sends orders to whichever API answers, and remembers what was acknowledged: the memory that no kill takes.
// What got no answer is sent again, to another one if need be, as a sender would.
import { randomBytes } from 'node:crypto';
import type { SeededRandomness } from '@app/runtime';
import { anOrder } from '../journeys/journey';

interface Answer<T> {
  status: number;
  data: T | null;
  errors: readonly { message: string; extensions: { code: string } }[];
}

/** Where a call goes; chosen anew for every attempt. */
type Address = () => string | undefined;

const ATTEMPT_MS_MAX = 20_000;
const PAUSE_MS = 100;

export class Sender {
  /** External ids of orders, with the numbers that they were answered under. */
  readonly acknowledged = new Map<string, string>();
  readonly positions = new Set<string>();
  readonly broken: string[] = [];
  /** Nothing is late while a test lasts, so that nothing comes by itself once it has ended. */
  private readonly placedAt = new Date().toISOString();
  private readonly run = randomBytes(4).toString('hex');
  private sent = 0;

  constructor(
    readonly platform: string,
    private readonly token: string,
    /** To the order that is mostly sent. */
    private readonly changes: Record<string, unknown> = {},
  ) {}

  /** Answers the number and the position; undefined without an answer that takes it. */
  async place(url: string, externalId = this.nextId()): Promise<{ externalId: string; orderNumber: string; position: string } | undefined> {
    const answer = await this.call(`${url}/intake/${this.platform}/orders`, anOrder(externalId, { placedAt: this.placedAt, ...this.changes }), {});
    if (answer?.status !== 202) return undefined;
    const { items, position } = answer.body as { items: { outcome: string; orderNumber: string }[]; position: string };
    const { outcome, orderNumber } = items[0]!;
    if (!['CREATED', 'DUPLICATE'].includes(outcome)) this.broken.push(`${externalId} was answered ${outcome}`);
    const known = this.acknowledged.get(externalId);
    if (known !== undefined && known !== orderNumber) this.broken.push(`${externalId} was ${known} and is ${orderNumber}`);
    this.acknowledged.set(externalId, orderNumber);
    this.positions.add(position);
    return { externalId, orderNumber, position };
  }

  /** Orders and repetitions of orders, one after the other, until told to stop; each is sent until it is taken. */
  async placeUntil(over: { now: boolean }, api: Address, random: SeededRandomness): Promise<void> {
    while (!over.now) {
      const ids = [...this.acknowledged.keys()];
      const externalId = ids.length > 0 && random.below(10) === 0 ? ids[random.below(ids.length)]! : this.nextId();
      for (let taken = false; !taken && !over.now; ) {
        const url = api();
        taken = url !== undefined && (await this.place(url, externalId)) !== undefined;
        if (!taken) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  async ask<T>(url: string, query: string, variables: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const answer = await this.call(`${url}/graphql`, { query, variables }, headers);
    if (answer === undefined) throw new Error(`${url} does not answer.`);
    const { data = null, errors = [] } = answer.body as { data?: T | null; errors?: Answer<T>['errors'] };
    return { status: answer.status, data, errors };
  }

  private nextId(): string {
    return `${this.run}-${++this.sent}`;
  }

  private async call(url: string, body: unknown, headers: Record<string, string>): Promise<{ status: number; body: unknown } | undefined> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.token}`, ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ATTEMPT_MS_MAX),
      });
      return { status: response.status, body: await response.json() };
    } catch {
      return undefined;
    }
  }
}
