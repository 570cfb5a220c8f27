// Which HTTP routes exist, and who may call them: a route without a decision here is refused to everybody.
// `checked by the handler`: the handler admits callers itself, with the same check as the guard of the resolvers.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLError } from 'graphql';
import { forbidden, httpStatusOf, notFound } from '../rejection.presenter';

type RouteDecision = 'open' | 'loopback only' | 'checked by the handler';

const DECISIONS: Readonly<Record<string, RouteDecision>> = {
  '/': 'open',
  '/graphql': 'checked by the handler',
  '/intake/:system/:topic': 'checked by the handler',
  '/health/live': 'open',
  '/health/ready': 'open',
  '/metrics': 'loopback only',
  '/graphiql': 'open',
};
/** The pages of the interface description and what they load. */
const OPEN_PREFIX = '/docs';

export function decisionFor(url: string | undefined): RouteDecision | undefined {
  if (url === undefined) return undefined;
  if (url === OPEN_PREFIX || url.startsWith(`${OPEN_PREFIX}/`)) return 'open';
  return Object.hasOwn(DECISIONS, url) ? DECISIONS[url] : undefined;
}

/** Refuses every route without a decision, what is for this machine alone to everybody else, and paths where nothing is served. */
export function closeByDefault(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    const decision = decisionFor(request.routeOptions.url);
    if (request.is404) return nothingThere(request, reply, 'GET / says what is');
    if (decision === 'open' || decision === 'checked by the handler' || (decision === 'loopback only' && isLocal(request))) return done();
    refuse(reply, forbidden('Nobody may call this.'));
  });
}

/** `hint` says what is served, or where that stands. */
export function nothingThere({ method, url }: FastifyRequest, reply: FastifyReply, hint: string): void {
  refuse(reply, notFound(`Nothing is served at ${method} ${url.split('?', 1)[0]}; ${hint}.`));
}

function refuse(reply: FastifyReply, error: GraphQLError): void {
  void reply.code(httpStatusOf(error)).send({ error: { code: error.extensions['code'], message: error.message } });
}

/** Called from this machine itself, not through a proxy on it. */
function isLocal(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress ?? '';
  const forwarded = request.headers['x-forwarded-for'] ?? request.headers['forwarded'];
  return forwarded === undefined && (address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.'));
}
