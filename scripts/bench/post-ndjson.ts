// Sends one NDJSON stream of a topic and waits for the line that counts the items; reports how many a second became durable.
// The text is made before the clock starts, and written no faster than the server reads.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { factsOf, orderOf, type Topic } from './generate';
import { input } from './processes';

interface Input {
  url: string;
  token: string;
  seed: number;
  topic: Topic;
  /** Orders that are sent, or whose facts are. */
  orders: number;
}

const ORDERS_PER_CHUNK = 100;

function payloadsOf(seed: number, topic: Topic, index: number): unknown[] {
  if (topic === 'orders') return [orderOf(seed, index)];
  return factsOf(seed, index).filter((fact) => fact.topic === topic).map(({ payload }) => payload);
}

async function main({ url, token, seed, topic, orders }: Input): Promise<void> {
  const chunks: Buffer[] = [];
  let count = 0;
  for (let first = 0; first < orders; first += ORDERS_PER_CHUNK) {
    const items = Array.from({ length: Math.min(ORDERS_PER_CHUNK, orders - first) }, (_, place) => payloadsOf(seed, topic, first + place)).flat();
    chunks.push(Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join('')));
    count += items.length;
  }
  const started = performance.now();
  const post = request(`${url}/intake/WS/${topic}?answer=summary`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}` } });
  const answered = once(post, 'response') as Promise<[IncomingMessage]>;
  for (const chunk of chunks) if (!post.write(chunk)) await once(post, 'drain');
  post.end();
  const [answer] = await answered;
  let last = '';
  for await (const line of createInterface({ input: answer })) if (line !== '') last = line;
  const seconds = (performance.now() - started) / 1000;
  const { complete, counts } = JSON.parse(last) as { complete?: boolean; counts?: Record<string, number> };
  if (complete !== true || counts?.[topic === 'orders' ? 'CREATED' : 'ACCEPTED'] !== count) throw new Error(`not all ${count} ${topic} were taken: ${answer.statusCode} ${last.slice(0, 500)}`);
  process.stdout.write(`${JSON.stringify({ perSecond: count / seconds })}\n`);
}

void main(input<Input>());
