// The sender's side of the intake and of the mutations: every answer goes to the ledger as it arrives, line by line for NDJSON.
// A connection that breaks is no answer; any other failure is a broken promise.
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import type { Answer, Entry, HoldEntry, Ledger } from './ledger';

/** The server was killed under the call. */
export class Cut extends Error {}

export class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly ledger: Ledger,
  ) {}

  close(): void {
    this.agent.destroy();
  }

  /** One entry as an object, several of one topic as an array. */
  async post(entries: readonly Entry[]): Promise<void> {
    const before = entries.map(({ acknowledged }) => acknowledged);
    const payloads = entries.map(({ payload }) => payload);
    const answer = await this.send(`/intake/WS/${entries[0]!.topic}`, JSON.stringify(payloads.length === 1 ? payloads[0] : payloads), { 'content-type': 'application/json' });
    const text = await textOf(answer);
    if (answer.statusCode !== 202) return this.refused(answer, text);
    const { items } = JSON.parse(text) as { items: Answer[] };
    if (items.length !== entries.length) this.ledger.broken.push(`${items.length} answers to ${entries.length} items`);
    entries.forEach((entry, place) => this.ledger.answer(entry, items[place]!, before[place]!));
  }

  /** A stream; the lines that were answered before a cut are acknowledged, the others are not. */
  async stream(entries: readonly Entry[]): Promise<void> {
    const before = entries.map(({ acknowledged }) => acknowledged);
    const text = entries.map(({ payload }) => `${JSON.stringify(payload)}\n`).join('');
    const answer = await this.send(`/intake/WS/${entries[0]!.topic}`, text, { 'content-type': 'application/x-ndjson' });
    if (answer.statusCode !== 202 && answer.statusCode !== 200) return this.refused(answer, await textOf(answer));
    let place = 0;
    try {
      for await (const line of createInterface({ input: answer })) {
        if (line === '') continue;
        const item = parsed(line);
        // A line that the kill cut in two was not answered.
        if (item === undefined) throw new Cut();
        if ('complete' in item) continue;
        this.ledger.answer(entries[place]!, item, before[place]!);
        place += 1;
      }
    } catch {
      throw new Cut();
    }
    if (!answer.complete) throw new Cut();
    if (place !== entries.length) this.ledger.broken.push(`${place} answers to a stream of ${entries.length} that ended well`);
  }

  async placeHold(hold: HoldEntry): Promise<void> {
    const query = 'mutation ($orderNumber: ID!, $reason: String!) { placeHold(orderNumber: $orderNumber, reason: $reason) { position order { holds { holdId reason } } } }';
    const { data, errors } = await this.graphql<{ placeHold: unknown }>(query, { orderNumber: hold.orderNumber, reason: hold.reason }, { 'idempotency-key': hold.idempotencyKey });
    if (data?.placeHold) hold.acknowledged = true;
    else if (!isClosed(errors)) this.ledger.broken.push(`hold on ${hold.orderNumber}: ${JSON.stringify(errors).slice(0, 300)}`);
  }

  async graphql<T>(query: string, variables: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>> = {}): Promise<{ data?: T | null; errors?: readonly GraphqlError[] }> {
    const answer = await this.send('/graphql', JSON.stringify({ query, variables }), { 'content-type': 'application/json', ...headers });
    return JSON.parse(await textOf(answer)) as { data?: T | null; errors?: readonly GraphqlError[] };
  }

  private refused(answer: IncomingMessage, text: string): void {
    this.ledger.broken.push(`answered ${answer.statusCode}: ${text.slice(0, 300)}`);
  }

  private async send(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    const post = request(this.url + path, { method: 'POST', agent: this.agent, headers: { ...headers, authorization: `Bearer ${this.token}`, 'content-length': Buffer.byteLength(body) } });
    const answered = once(post, 'response') as Promise<[IncomingMessage]>;
    post.end(body);
    try {
      return (await answered)[0];
    } catch {
      throw new Cut();
    }
  }
}

interface GraphqlError {
  message: string;
  extensions?: { code?: string };
}

/** An order that was closed meanwhile takes no hold; that is an answer as well. */
function isClosed(errors: readonly GraphqlError[] | undefined): boolean {
  return errors?.some(({ extensions }) => extensions?.code === 'CONFLICT' || extensions?.code === 'ORDER_CLOSED') ?? false;
}

function parsed(line: string): Answer | undefined {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return undefined;
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) chunks.push(chunk as Buffer);
  } catch {
    throw new Cut();
  }
  return Buffer.concat(chunks).toString();
}
