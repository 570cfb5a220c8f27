// The whole HTTP side over an open OrderTrail: what `start`, the tests and the command line serve alike.
// Nothing listens before `start`; `close` takes nothing new, finishes what is under way and closes the stores.
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { OrderTrail } from '@app/wiring';
import { type FastifyInstance, LogController } from 'fastify';
import { closeByDefault } from './access/route-decisions';
import { ApiModule } from './api.module';
import { serveGraphiql } from './docs/graphiql.page';
import { openApiDocument } from './docs/openapi';
import { GRAPHQL_BODY_BYTES_MAX } from './graphql/limits';
import { inputValidation } from './graphql/validation';
import { serveIntake } from './intake/intake.routes';
import { listen } from './listen';
import { ApiParts } from './api-parts';
import { serveHealth } from './operations/health.routes';
import { mistakesAtInfo, nestLogger } from './operations/logging';
import { observeRequests } from './operations/request-log';
import { passOn } from './rejection.presenter';

export interface App {
  readonly nest: NestFastifyApplication;
  /** The HTTP server itself. */
  readonly http: FastifyInstance;
  /** Every route that is served, so that a test can ask for the decision of each. */
  routes(): readonly { method: string; url: string }[];
  /** Listens on the configured host and port and answers the URL. */
  start(): Promise<string>;
  /** Ends cleanly, the OrderTrail included; the second call waits for the first. */
  close(): Promise<void>;
}

/** What is under way when the app is closed may take so long; then its connections are cut. */
const GRACE_MS = 5_000;

export async function createApp(orderTrail: OrderTrail): Promise<App> {
  const { logger } = orderTrail;
  const adapter = new FastifyAdapter({ loggerInstance: mistakesAtInfo(logger) as never, logController: new LogController({ disableRequestLogging: true }), bodyLimit: GRAPHQL_BODY_BYTES_MAX, forceCloseConnections: 'idle', skipMiddie: true, routerOptions: { ignoreTrailingSlash: true } });
  const http = adapter.getInstance() as unknown as FastifyInstance;
  const parts = new ApiParts(orderTrail);
  await parts.start();
  http.removeContentTypeParser('text/plain');
  const routes: { method: string; url: string }[] = [];
  http.addHook('onRoute', ({ method, url }) => void routes.push({ method: String(method), url }));
  observeRequests(http, parts.metrics);
  closeByDefault(http);
  void http.register(async (scope) => serveIntake(scope, parts));
  serveHealth(http, parts);
  http.get('/', (_request, reply) => void reply.send({ name: 'OrderTrail', intake: '/docs', graphql: '/graphql', tryIt: '/graphiql' }));
  serveGraphiql(http);
  const nest = await NestFactory.create<NestFastifyApplication>(ApiModule.over(orderTrail, parts), adapter, { logger: nestLogger(logger), bodyParser: false, abortOnError: false });
  nest.useGlobalPipes(inputValidation());
  nest.useGlobalFilters(passOn);
  SwaggerModule.setup('docs', nest, openApiDocument, { jsonDocumentUrl: 'docs/openapi.json', yamlDocumentUrl: 'docs/openapi.yaml', customSiteTitle: 'OrderTrail intake' });
  await nest.init();

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const cut = setTimeout(() => http.server.closeAllConnections(), GRACE_MS);
    parts.streams.end();
    try {
      await nest.close();
    } finally {
      clearTimeout(cut);
      await parts.streams.ended();
      parts.close();
      await orderTrail.close();
    }
  };
  return {
    nest,
    http,
    routes: () => routes,
    start: () => listen(orderTrail, http),
    close: () => (closing ??= close()),
  };
}
