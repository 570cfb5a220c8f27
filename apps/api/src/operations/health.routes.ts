// Whether the process answers, whether it may be sent traffic, and its figures.
// Ready means that every read model has caught up with the log as it stood at start; once so, it stays so, until a write fails.
import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../api-parts';

const STORE_FAILED = 'Writing to the event log has failed, so nothing more is taken. Free or repair the disk, then restart; what was acknowledged is kept. The log has the reason.';

export function serveHealth(server: FastifyInstance, parts: ApiParts): void {
  let ready = false;
  server.get('/health/live', (_request, reply) => {
    void reply.send({ status: 'live' });
  });
  server.get('/health/ready', async (_request, reply) => {
    if (parts.orderTrail.eventStore.stats().failed) return reply.code(503).send({ status: 'store failed', message: STORE_FAILED });
    const behind = ready ? [] : (await parts.orderTrail.monitor.statuses()).filter(({ position }) => position < parts.logAtStart).map(({ name, position, lag, state }) => ({ name, state, position, lag }));
    ready = behind.length === 0;
    return reply.code(ready ? 200 : 503).send(ready ? { status: 'ready' } : { status: 'catching up', until: parts.logAtStart, behind });
  });
  server.get('/metrics', async (_request, reply) => reply.type(parts.metrics.registry.contentType).send(await parts.metrics.registry.metrics()));
}
