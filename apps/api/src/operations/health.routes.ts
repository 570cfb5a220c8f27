// Whether the process answers, whether it may be sent traffic, and its figures.
// Ready means that every read model has caught up with the log as it stood at start; once so, it stays so, until a write fails or
// a server does not answer.
import { orderStatus } from '@app/projections';
import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../api-parts';

const STORE_FAILED = 'Writing to the event log has failed, so nothing more is taken. Free or repair the disk, then restart; what was acknowledged is kept. The log has the reason.';

const NO_ANSWER = 'A store does not answer. What was acknowledged is kept; the log of this process says which one, and it goes on by itself once that is back.';
const LOOK_MS_MAX = 3_000;

export function serveHealth(server: FastifyInstance, parts: ApiParts): void {
  let ready = false;
  server.get('/health/live', (_request, reply) => {
    void reply.send({ status: 'live' });
  });
  server.get('/health/ready', async (_request, reply) => {
    if (parts.orderTrail.eventStore.stats().failed) return reply.code(503).send({ status: 'store failed', message: STORE_FAILED });
    const late = new Promise<Error>((resolve) => setTimeout(resolve, LOOK_MS_MAX, new Error(`no answer within ${LOOK_MS_MAX} ms`)).unref());
    const behind = await Promise.race([late, (ready ? look(parts) : behindIn(parts)).catch((error: unknown) => error as Error)]);
    if (behind instanceof Error) {
      parts.orderTrail.logger.warn({ error: behind.message }, 'not ready: a store does not answer');
      return reply.code(503).send({ status: 'a store does not answer', message: NO_ANSWER });
    }
    ready = behind.length === 0;
    return reply.code(ready ? 200 : 503).send(ready ? { status: 'ready' } : { status: 'catching up', until: parts.logAtStart, behind });
  });
  server.get('/metrics', async (_request, reply) => reply.type(parts.metrics.registry.contentType).send(await parts.metrics.registry.metrics()));
}

interface Behind {
  name: string;
  state: string;
  position: string;
  lag: number;
}

async function behindIn({ orderTrail, logAtStart }: ApiParts): Promise<Behind[]> {
  const statuses = await orderTrail.monitor.statuses();
  return statuses.filter(({ position }) => position < logAtStart).map(({ name, position, lag, state }) => ({ name, state, position, lag }));
}

/** Throws where the log or the rows do not answer. */
async function look({ orderTrail }: ApiParts): Promise<Behind[]> {
  await Promise.all([orderTrail.eventStore.end(), orderTrail.monitor.positionOf(orderStatus.name)]);
  return [];
}
