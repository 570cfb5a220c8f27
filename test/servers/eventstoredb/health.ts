// What a node answers in plain HTTP: that it is alive, which health checks of containers ask.
// Alive is neither ready nor elected: in a cluster it is answered before there is a leader.
import { createServer, type Server } from 'node:http';
import type { FaultState } from './faults';

/** GET or HEAD of /health/live is answered 204, everything else 404. Takes connections from the node and listens nowhere. */
export function healthServer(faults: FaultState): Server {
  return createServer((request, response) => {
    const isAsked = ['GET', 'HEAD'].includes(request.method ?? '') && new URL(request.url ?? '', 'http://node').pathname === '/health/live';
    void (faults.held ?? Promise.resolve()).then(() => response.writeHead(isAsked ? 204 : 404).end());
  });
}
