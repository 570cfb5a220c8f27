// The HTTP side of a process that is a worker alone: whether it lives, whether it has caught up, and its figures.
// No order is read or written through it, so it asks for no token.
import { fastify, type FastifyInstance, LogController } from 'fastify';
import type { OrderTrail } from '@app/wiring';
import { nothingThere } from './access/route-decisions';
import { ApiParts } from './api-parts';
import { listen } from './listen';
import { mistakesAtInfo } from './operations/logging';
import { serveHealth } from './operations/health.routes';
import { observeRequests } from './operations/request-log';

interface WorkerApp {
  readonly http: FastifyInstance;
  /** Listens on the configured host and port and answers the URL. */
  start(): Promise<string>;
  /** Ends cleanly, the OrderTrail included; the second call waits for the first. */
  close(): Promise<void>;
}

export async function createWorkerApp(orderTrail: OrderTrail): Promise<WorkerApp> {
  const http = fastify({ loggerInstance: mistakesAtInfo(orderTrail.logger) as never, logController: new LogController({ disableRequestLogging: true }), forceCloseConnections: true }) as unknown as FastifyInstance;
  const parts = new ApiParts(orderTrail);
  await parts.start();
  observeRequests(http, parts.metrics);
  serveHealth(http, parts);
  http.setNotFoundHandler((request, reply) => nothingThere(request, reply, 'a worker alone serves /health/live, /health/ready and /metrics'));
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    try {
      await http.close();
    } finally {
      parts.close();
      await orderTrail.close();
    }
  };
  return {
    http,
    start: () => listen(orderTrail, http),
    close: () => (closing ??= close()),
  };
}
