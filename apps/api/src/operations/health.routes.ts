// Whether the process answers, whether it may be sent traffic, and its figures.
// Ready means that every read model has caught up with the log as it stood at start; once so, it stays so, until a write fails or
// a server does not answer.
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ApiParts } from '../api-parts';
import { StoreAnswers } from './store-answers';

const STORE_FAILED = 'Writing to the event log has failed, so nothing more is taken. Free or repair the disk, then restart; what was acknowledged is kept. The log has the reason.';

const noAnswer = (silent: readonly string[]): string => `${silent.join(' and ')} ${silent.length > 1 ? 'do' : 'does'} not answer. What was acknowledged is kept, and this process goes on by itself once that is over.`;

export function serveHealth(server: FastifyInstance, parts: ApiParts): void {
  let ready = false;
  const stores = new StoreAnswers(parts.orderTrail);
  server.get('/health/live', (_request, reply) => {
    void reply.send({ status: 'live' });
  });
  server.get('/health/ready', async (_request, reply) => {
    if (parts.orderTrail.eventStore.stats().failed) return reply.code(503).send({ status: 'store failed', message: STORE_FAILED });
    const unanswered = (silent: readonly string[]): FastifyReply => reply.code(503).send({ status: 'a store does not answer', stores: silent, message: noAnswer(silent) });
    const silent = await stores.silent();
    if (silent.length > 0) return unanswered(silent);
    if (ready) return { status: 'ready' };
    const look = await stores.unlessSilent(behindIn(parts));
    if ('silent' in look) return unanswered(look.silent);
    ready = look.found.length === 0;
    return reply.code(ready ? 200 : 503).send(ready ? { status: 'ready' } : { status: 'catching up', until: parts.logAtStart, behind: look.found });
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
