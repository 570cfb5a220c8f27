// Posts orders one each, 64 at a time, as fast as they are answered; reports how many a second were answered with 202.
// Bodies are made before the clock starts. Anything but 202 makes the run worthless and fails it.
import autocannon, { type Result } from 'autocannon';
import { orderOf } from './generate';
import { input } from './processes';

interface Input {
  url: string;
  token: string;
  seed: number;
  count: number;
  concurrency: number;
}

async function main({ url, token, seed, count, concurrency }: Input): Promise<void> {
  const bodies = Array.from({ length: count }, (_, index) => Buffer.from(JSON.stringify(orderOf(seed, index))));
  let next = 0;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  let answered = 0;
  let refused = '';
  let lastAnswer = 0;
  const started = performance.now();
  // The load's own duration is rounded up to its next look at the clock: the last answer counts.
  const result = await new Promise<Result>((resolve, reject) => {
    const run = autocannon(
      {
        url: `${url}/intake/WS/orders`,
        connections: concurrency,
        amount: count,
        requests: [{ method: 'POST', headers, setupRequest: (request) => ({ ...request, body: bodies[next++ % count] }) }],
      },
      (error: Error | null, done) => (error === null ? resolve(done) : reject(error)),
    );
    run.on('response', (_client, statusCode) => {
      if (statusCode === 202) answered += 1;
      else refused = String(statusCode);
      lastAnswer = performance.now();
    });
  });
  if (answered !== count) throw new Error(`${answered} of ${count} posts were answered with 202 (${refused})`);
  process.stdout.write(`${JSON.stringify({ perSecond: (count * 1000) / (lastAnswer - started), p99Ms: result.latency.p99 })}\n`);
}

void main(input<Input>());
