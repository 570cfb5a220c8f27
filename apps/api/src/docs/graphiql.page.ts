// GraphiQL from the installed package as one self-contained page: it loads nothing from anywhere else.
// Its calls go to this server and carry what is typed into its headers editor, subscriptions too.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { FastifyInstance } from 'fastify';

const FIRST_QUERY = `# Put your token into "Headers" below: {"Authorization": "Bearer TOKEN"}
# A token: npm run -s ops -- token --role ops

{
  orders(first: 5) {
    edges { node { orderNumber status node overdue placedAt total { amount currency } } }
    pageInfo { hasNextPage endCursor }
  }
}
`;
/** The page sends the headers with queries only: its subscriptions need them as parameters of their connection. */
const HEADERS_OF_CALLS = 'extensions:{headers:y?.headers}';
const HEADERS_OF_SUBSCRIPTIONS = 'extensions:{headers:y?.headers,connectionParams:y?.headers}';

/** Scripts and styles stand in the page itself; nothing may be loaded from or sent to another place. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self' ws: wss:",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Page {
  plain: Buffer;
  gzip: Buffer;
  etag: string;
}

function makePage(): Page {
  const html = renderGraphiQL({
    title: 'OrderTrail GraphiQL',
    endpoint: '/graphql',
    defaultQuery: FIRST_QUERY,
    isHeadersEditorEnabled: true,
    defaultEditorToolsVisibility: 'headers',
    shouldPersistHeaders: false,
    subscriptionsProtocol: 'WS',
  });
  const patched = html.replace(HEADERS_OF_CALLS, () => HEADERS_OF_SUBSCRIPTIONS);
  const plain = Buffer.from(patched);
  return { plain, gzip: gzipSync(plain), etag: `"${createHash('sha256').update(plain).digest('hex').slice(0, 32)}"` };
}

/** `/graphiql`; the page is made when it is first asked for. */
export function serveGraphiql(server: FastifyInstance): void {
  let page: Page | undefined;
  server.get('/graphiql', (request, reply) => {
    const { plain, gzip, etag } = (page ??= makePage());
    void reply.headers({ 'content-security-policy': CONTENT_SECURITY_POLICY, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', etag, 'cache-control': 'no-cache', vary: 'accept-encoding' });
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    void reply.type('text/html; charset=utf-8');
    if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(plain);
    return reply.header('content-encoding', 'gzip').send(gzip);
  });
}
