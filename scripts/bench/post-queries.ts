// Asks one GraphQL question about many orders in turn, 64 at a time; reports how many answers a second came, every one with its data.
// Questions are written before the clock starts.
import autocannon, { type Result } from 'autocannon';
import { input } from './processes';

interface Input {
  url: string;
  token: string;
  query: string;
  orderNumbers: readonly string[];
  count: number;
  concurrency: number;
}

async function main({ url, token, query, orderNumbers, count, concurrency }: Input): Promise<void> {
  const bodies = orderNumbers.map((orderNumber) => JSON.stringify({ query, variables: { orderNumber } }));
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  let next = 0;
  let answered = 0;
  let wrong = '';
  let lastAnswer = 0;
  const started = performance.now();
  const result = await new Promise<Result>((resolve, reject) => {
    const run = autocannon(
      {
        url: `${url}/graphql`,
        connections: concurrency,
        amount: count,
        requests: [
          {
            method: 'POST',
            headers,
            setupRequest: (request) => ({ ...request, body: bodies[next++ % bodies.length]! }),
            onResponse: (status, body) => {
              if (status === 200 && !body.includes('"errors"') && !body.includes(':null},"ext')) answered += 1;
              else wrong = body;
              lastAnswer = performance.now();
            },
          },
        ],
      },
      (error: Error | null, done) => (error === null ? resolve(done) : reject(error)),
    );
    run.on('reqError', reject);
  });
  if (answered !== count) throw new Error(`${answered} of ${count} questions were answered: ${wrong.slice(0, 300)}`);
  process.stdout.write(`${JSON.stringify({ perSecond: (count * 1000) / (lastAnswer - started), p50Ms: result.latency.p50 })}\n`);
}

void main(input<Input>());
