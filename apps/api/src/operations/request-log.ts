// One line a request, with its id, route and time; never its address line, headers or body, which may tell of people.
// What went well is logged at debug, what was refused at info, what could not be answered now as a warning, what failed at error.
import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics';

export function observeRequests(server: FastifyInstance, metrics: Metrics): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { statusCode, elapsedTime } = reply;
    const route = request.routeOptions.url ?? 'unknown';
    metrics.answered(route, statusCode, elapsedTime);
    const level = route === '/health/ready' ? 'debug' : statusCode === 503 ? 'warn' : statusCode >= 500 ? 'error' : statusCode >= 400 ? 'info' : 'debug';
    request.log[level]({ method: request.method, route, statusCode, milliseconds: Math.round(elapsedTime * 10) / 10 }, 'answered');
    done();
  });
}
