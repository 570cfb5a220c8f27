// Sends one NDJSON stream of orders and waits for the line that counts them; reports how many a second became durable.
// The text is made before the clock starts, and written no faster than the server reads.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { orderOf } from './generate';
import { input } from './processes';

interface Input {
  url: string;
  token: string;
  seed: number;
  count: number;
}

const LINES_PER_CHUNK = 100;

async function main({ url, token, seed, count }: Input): Promise<void> {
  const chunks: Buffer[] = [];
  for (let first = 0; first < count; first += LINES_PER_CHUNK) {
    const lines = Array.from({ length: Math.min(LINES_PER_CHUNK, count - first) }, (_, place) => `${JSON.stringify(orderOf(seed, first + place))}\n`);
    chunks.push(Buffer.from(lines.join('')));
  }
  const started = performance.now();
  const post = request(`${url}/intake/WS/orders?answer=summary`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}` } });
  const answered = once(post, 'response') as Promise<[IncomingMessage]>;
  for (const chunk of chunks) if (!post.write(chunk)) await once(post, 'drain');
  post.end();
  const [answer] = await answered;
  let last = '';
  for await (const line of createInterface({ input: answer })) if (line !== '') last = line;
  const seconds = (performance.now() - started) / 1000;
  const { complete, counts } = JSON.parse(last) as { complete?: boolean; counts?: Record<string, number> };
  if (complete !== true || counts?.CREATED !== count) throw new Error(`not every order was created: ${answer.statusCode} ${last.slice(0, 500)}`);
  process.stdout.write(`${JSON.stringify({ perSecond: count / seconds })}\n`);
}

void main(input<Input>());
