// How GraphQL is served: compiled queries, limits, one presenter of errors, a position with every answer.
// What is wrong with a request is said before it is executed; what an answer must not tell stays in the log.
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import type { FastifyRequest } from 'fastify';
import { type DocumentNode, GraphQLError, type GraphQLFormattedError, type GraphQLSchema, Kind, OperationTypeNode, specifiedRules, validate } from 'graphql';
import { NotAuthenticated, type TokenVerifier } from '../access/token-verifier';
import { logFault } from '../operations/logging';
import { badInput, presentError, staleRead } from '../rejection.presenter';
import { GRAPHQL_BODY_BYTES_MAX, TOKENS_MAX, VALIDATION_RULES } from './limits';
import type { ReadPosition } from './read-position';
import type { RequestContext } from './request-context';
import { isPositionText } from './scalars';

const POSITION_HEADER = 'x-position';
const KEEP_ALIVE_MS = 30_000;

const MUTATION_DESCRIPTION = `A mutation that the domain refuses fails with extensions.code REJECTED and extensions.rejection, the name of
the broken rule (OrderAlreadyShipped, SelfApproval, ...); other codes: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND,
BAD_USER_INPUT, CONFLICT, STALE_READ, UNAVAILABLE. Sending the same mutation twice with one Idempotency-Key
header gives the first answer again and writes nothing (keys belong to the caller's \`sub\`; a refusal is not remembered;
the same key with another content is a CONFLICT). Every answer, of a query too, carries the position it reflects as
extensions.position and the header X-Position; X-Min-Position holds for queries and mutations.`;

/** What code cannot say by a decorator. */
export function completeSchema(schema: GraphQLSchema): GraphQLSchema {
  const mutation = schema.getMutationType();
  if (mutation) mutation.description = MUTATION_DESCRIPTION;
  return schema;
}

interface GraphqlParts {
  verifier: TokenVerifier;
  readPosition: ReadPosition;
}

export function graphqlOptions({ verifier, readPosition }: GraphqlParts): MercuriusDriverConfig {
  const contexts = new RequestContexts(verifier, readPosition);
  return {
    driver: MercuriusDriver,
    autoSchemaFile: true,
    sortSchema: true,
    transformSchema: completeSchema,
    path: '/graphql',
    jit: 1,
    cache: 1024,
    allowBatchedQueries: false,
    graphiql: false,
    validationRules: VALIDATION_RULES,
    graphql: { parseOptions: { maxTokens: TOKENS_MAX } },
    additionalRouteOptions: { bodyLimit: GRAPHQL_BODY_BYTES_MAX, preValidation: checkShape },
    context: (request: FastifyRequest) => contexts.ofRequest(request),
    errorFormatter: formatErrors,
    fieldResolverEnhancers: [],
    subscription: {
      // Queries and mutations come by HTTP alone: only there are an Idempotency-Key, X-Min-Position and a token of each request.
      fullWsTransport: false,
      keepAlive: KEEP_ALIVE_MS,
      onConnect: ({ payload }: { payload?: Record<string, unknown> }) => contexts.ofConnection(payload ?? {}),
    },
    hooks: {
      preExecution: (_schema: GraphQLSchema, document: DocumentNode, context: unknown) => {
        const { hindrance } = context as RequestContext;
        if (hindrance !== undefined) throw hindrance;
        if (onlySubscribes(document)) throw badInput('A subscription goes over WebSocket (graphql-transport-ws) at this address; a POST answers queries and mutations.');
        // A compiled query is remembered by its text alone: with several operations in it that would be the wrong one.
        return severalOperations(document) ? { document } : undefined;
      },
      // Queries are validated by the server itself, subscriptions by nobody else.
      preSubscriptionExecution: (schema: GraphQLSchema, document: DocumentNode) => {
        const [invalid] = validate(schema, document, [...specifiedRules, ...VALIDATION_RULES], { maxErrors: 1 });
        if (invalid !== undefined) throw badInput(invalid.message);
      },
      onResolution: (execution: { extensions?: Record<string, unknown> }, context: unknown) => {
        const { position, reply } = context as RequestContext;
        execution.extensions = { ...execution.extensions, position };
        void reply?.header?.(POSITION_HEADER, position);
      },
    },
  } as unknown as MercuriusDriverConfig;
}

/** Said before anything reads the body: what is no query text would fail deep inside the parser. */
async function checkShape({ method, body }: FastifyRequest): Promise<void> {
  if (method !== 'POST') return;
  const wrong = typeof body === 'object' && body !== null && !Array.isArray(body) ? wrongFields(body as Record<string, unknown>) : ['The body must be a JSON object with query, variables and operationName.'];
  if (wrong.length > 0) throw Object.assign(new Error('The request is not one of GraphQL.'), { statusCode: 400, errors: wrong.map(badInput) });
}

function wrongFields({ query, variables, operationName, extensions }: Record<string, unknown>): string[] {
  const isObject = (value: unknown): boolean => value == null || (typeof value === 'object' && !Array.isArray(value));
  return [
    ...(typeof query === 'string' && query.trim() !== '' ? [] : ['query must be the text of a GraphQL document.']),
    ...(isObject(variables) ? [] : ['variables must be an object.']),
    ...(operationName == null || typeof operationName === 'string' ? [] : ['operationName must be a text.']),
    ...(isObject(extensions) ? [] : ['extensions must be an object.']),
  ];
}

function onlySubscribes({ definitions }: DocumentNode): boolean {
  return definitions.every((definition) => definition.kind !== Kind.OPERATION_DEFINITION || definition.operation === OperationTypeNode.SUBSCRIPTION);
}

function severalOperations(document: DocumentNode): boolean {
  let operations = 0;
  for (const { kind } of document.definitions) if (kind === Kind.OPERATION_DEFINITION && ++operations > 1) return true;
  return false;
}

class RequestContexts {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly readPosition: ReadPosition,
  ) {}

  async ofRequest(request: FastifyRequest): Promise<RequestContext> {
    const { authorization } = request.headers;
    const idempotencyKey = request.headers['idempotency-key'];
    const context: RequestContext = {
      caller: this.verifier.remembered(authorization),
      refusal: undefined,
      idempotencyKey: Array.isArray(idempotencyKey) ? idempotencyKey.join(',') : idempotencyKey,
      position: this.readPosition.current(),
      hindrance: undefined,
    };
    if (context.caller === undefined) await this.authenticate(context, authorization);
    const minimum = request.headers['x-min-position'];
    if (minimum !== undefined) await this.waitForMinimum(context, String(minimum));
    return context;
  }

  /** A subscriber's context; without a valid token the connection stands, but everything is refused on it. */
  async ofConnection(payload: Record<string, unknown>): Promise<RequestContext> {
    const given = Object.entries(payload).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
    const header = typeof given === 'string' ? given : undefined;
    const readPosition = this.readPosition;
    const context: RequestContext = { caller: undefined, refusal: undefined, idempotencyKey: undefined, position: readPosition.current(), hindrance: undefined };
    if (header === undefined) context.refusal = new NotAuthenticated('A bearer token is needed: send {"Authorization": "Bearer TOKEN"} as the payload of connection_init.');
    else await this.authenticate(context, header);
    return context;
  }

  private async authenticate(context: RequestContext, header: string | undefined): Promise<void> {
    try {
      context.caller = await this.verifier.verify(header);
    } catch (error) {
      context.refusal = error as Error;
    }
  }

  private async waitForMinimum(context: RequestContext, minimum: string): Promise<void> {
    if (!isPositionText(minimum) || minimum.length !== context.position.length) {
      context.hindrance = badInput('X-Min-Position must be a position as an answer gave it.');
    } else if (minimum > context.position && context.caller !== undefined) {
      if (await this.readPosition.waitForAll(minimum)) context.position = minimum > this.readPosition.current() ? minimum : this.readPosition.current();
      else context.hindrance = staleRead('The read models have not reached X-Min-Position within 5 s. Try again.');
    }
  }
}

interface ExecutionLike {
  data?: unknown;
  errors?: readonly (GraphQLError & { originalError?: { errors?: unknown; statusCode?: number } })[];
}

/** Errors as clients see them, with the position; 200 once a request was executed, 4xx when it could not be. */
function formatErrors(execution: ExecutionLike, context: unknown): { statusCode: number; response: Record<string, unknown> } {
  const { position, reply, hindrance } = context as RequestContext;
  const log = reply?.log;
  const errors: GraphQLFormattedError[] = [];
  let executable = hindrance?.extensions['code'] !== 'BAD_USER_INPUT';
  for (const error of execution.errors ?? []) {
    const inner = error.originalError?.errors;
    if (Array.isArray(inner)) {
      executable = false;
      for (const invalid of inner) errors.push(presentError(invalid as GraphQLError, (fault) => logFault(log, fault, 'a request could not be read')));
    } else errors.push(presentError(error, (fault) => logFault(log, fault, 'a request failed')));
  }
  void reply?.header?.(POSITION_HEADER, position);
  return { statusCode: statusOf(execution, errors, executable), response: { data: execution.data ?? null, errors, extensions: { position } } };
}

function statusOf(execution: ExecutionLike, errors: readonly GraphQLFormattedError[], executable: boolean): number {
  if (execution.data != null && Object.values(execution.data).some((value) => value !== null)) return 200;
  const given = execution.errors?.[0]?.originalError?.statusCode;
  if (!executable) return given ?? 400;
  if (typeof given === 'number' && given >= 400 && given < 500) return given;
  const codes = errors.map(({ extensions }) => extensions?.['code']);
  if (codes.every((code) => code === 'UNAUTHENTICATED')) return 401;
  return codes.every((code) => code === 'UNAVAILABLE') ? 503 : 200;
}
