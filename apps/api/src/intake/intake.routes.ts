// POST /intake/{system}/{topic}: what source systems send, answered once it is durable and never before.
// Straight on the server without a framework in between: this is the path that has to be fast.
import { intakeRoute, type IntakeOutcome, type IntakeSource, NdjsonIntake, parseBody, type IntakeItem } from '@app/intake';
import { isRejection } from '@app/kernel';
import { type Role, RowsBehind } from '@app/wiring';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { admit } from '../access/rights.guard';
import { actorOf, type Caller } from '../access/caller';
import type { ApiParts } from '../api-parts';
import { logFault } from '../operations/logging';
import { badInput, forbidden, httpStatusOf, notFound } from '../rejection.presenter';

const BODY_BYTES_MAX = 10_000_000;
const SENDERS: readonly Role[] = ['admin', 'ops', 'integration'];
/** May send for any system, and history. */
const OPERATORS: readonly Role[] = ['admin', 'ops'];
const OMITS_MAX = 50;
/** To read it all the same would put other characters in the place of those that were sent. */
const NOT_UTF8 = 'It is not UTF-8. It is kept byte for byte, each shown as the Latin-1 character of its number.';
const NDJSON = 'application/x-ndjson';
const JSON_TYPE = 'application/json; charset=utf-8';

interface IntakeRequest extends FastifyRequest {
  params: { system: string; topic: string };
  query: Record<string, string | string[] | undefined>;
  source?: IntakeSource;
}

export function serveIntake(scope: FastifyInstance, parts: ApiParts): void {
  const { orderTrail } = parts;
  const { intake, eventStore, random, spoolDirectory, logger } = orderTrail;
  const streams = new NdjsonIntake({ intake, random, spoolFolder: spoolDirectory, origin: eventStore.origin });

  scope.removeAllContentTypeParsers();
  // Whatever a sender calls it, a body is JSON unless it is a stream of lines.
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) => done(null, body));
  scope.addContentTypeParser(NDJSON, (_request, payload, done) => done(null, payload));
  scope.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => refuse(error, request, reply));

  scope.post('/intake/:system/:topic', { onRequest: (request) => admitSender(request as IntakeRequest, parts) }, async (plain, reply) => {
    const request = plain as IntakeRequest;
    const source = request.source!;
    const { topic } = request.params;
    const body = request.body as Buffer | IncomingMessage | null | undefined;
    if ((body == null || Buffer.isBuffer(body)) && request.query['answer'] === 'summary') throw badInput(`answer=summary is for ${NDJSON} alone; a JSON body is answered item by item.`);
    if (body == null) return takeBody('', topic, source, reply);
    if (!Buffer.isBuffer(body)) return takeStream(request, source, reply);
    return isUtf8(body) ? takeBody(body.toString('utf8'), topic, source, reply) : keepUnreadable(body.toString('latin1'), topic, source, NOT_UTF8, reply);
  });

  async function takeBody(text: string, topic: string, source: IntakeSource, reply: FastifyReply): Promise<FastifyReply> {
    const parsed = parseBody(text);
    if (!parsed.ok) return keepUnreadable(text, topic, source, parsed.reason, reply);
    const [first] = parsed.items;
    const single = parsed.items.length === 1 && !text.trimStart().startsWith('[');
    // Kept as it was sent where it is one item: should it not be readable, that is what is looked at.
    const items: IntakeItem[] = single ? [{ topic, payload: first, text }] : parsed.items.map((payload) => ({ topic, payload }));
    return answer(202, await intake.take(items, source), topic, reply);
  }

  async function keepUnreadable(text: string, topic: string, source: IntakeSource, reason: string, reply: FastifyReply): Promise<FastifyReply> {
    const message = `The body is not JSON: ${reason}`;
    if (text.trim() === '') throw badInput(message);
    return answer(400, [await intake.keepUnreadable(topic, text, [reason], source)], topic, reply, { error: { code: 'BAD_USER_INPUT', message } });
  }

  async function answer(status: number, outcomes: readonly IntakeOutcome[], topic: string, reply: FastifyReply, extra: object = {}): Promise<FastifyReply> {
    let position = eventStore.origin;
    const items = outcomes.map((item) => {
      if (item.position > position) position = item.position;
      parts.metrics.taken(topic, item.outcome);
      const { externalId, orderNumber, outcome, errors } = item;
      return { externalId, orderNumber, outcome, errors };
    });
    if (items.length === 0) position = await eventStore.end();
    return reply.code(status).header('x-position', position).header('content-type', JSON_TYPE).send(JSON.stringify({ position, items, ...extra }));
  }

  function takeStream(request: IntakeRequest, source: IntakeSource, reply: FastifyReply): FastifyReply {
    const { topic } = request.params;
    const run = streams.run(parts.streams.bytesOf(request), { topic, source, answer: request.query['answer'] === 'summary' ? 'summary' : 'items' });
    const told = run.ended.then(({ counts, error, cause }) => {
      for (const [outcome, count] of Object.entries(counts)) parts.metrics.taken(topic, outcome, count);
      if (error !== null) logger.warn({ requestId: request.id, topic, system: source.system, err: cause }, 'an NDJSON stream ended early');
    });
    parts.streams.add(told, request, reply);
    return reply.code(202).header('content-type', NDJSON).send(run.answers);
  }
}

/** Before the body is read: who sends, whether the place exists, and whether the sender may. */
async function admitSender(request: IntakeRequest, { verifier }: ApiParts): Promise<void> {
  const { authorization } = request.headers;
  let caller: Caller | undefined = verifier.remembered(authorization);
  let refusal: Error | undefined;
  if (caller === undefined) {
    caller = await verifier.verify(authorization).catch((error: unknown) => {
      refusal = error as Error;
      return undefined;
    });
  }
  admit(caller, refusal, SENDERS);
  const { system, topic } = request.params;
  const operator = OPERATORS.some((role) => caller.roles.includes(role));
  if (!operator && caller.system !== system) throw forbidden('The token may send for its own system only.');
  if (!operator && topic === 'mixed') throw forbidden('The topic mixed needs the role ops or admin.');
  const route = intakeRoute(system, topic);
  if (isRejection(route)) throw notFound(route.message);
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') throw Object.assign(new Error('Bodies are taken as they are: send this without a Content-Encoding.'), { statusCode: 415 });
  const { history, omits, answer } = request.query;
  if (answer !== undefined && answer !== 'items' && answer !== 'summary') throw badInput('answer must be items or summary.');
  if (history !== undefined && !['', 'true', 'false'].includes(String(history))) throw badInput('history must be true or false.');
  const marked = history === 'true' || history === '';
  if (Array.isArray(omits)) throw badInput('omits may be given once, its field paths separated by commas.');
  const omitted = omits !== undefined && omits !== '' ? omits.split(',').map((path) => path.trim()) : [];
  if ((marked || omitted.length > 0) && !operator) throw forbidden('history and omits need the role ops or admin.');
  if (omitted.length > OMITS_MAX || omitted.some((path) => !/^[\w.]{1,60}$/.test(path))) throw badInput('omits must be a list of field paths such as customer.name, separated by commas.');
  request.source = { system, actor: actorOf(caller, operator ? OPERATORS : SENDERS), history: marked, omits: omitted };
}

function refuse(error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply): void {
  const fastifys = error.statusCode;
  // The rest of the body is let pass: a sender whose connection is cut while it still writes never reads why.
  if (fastifys === 413) return send(reply.removeHeader('connection'), 413, 'BAD_USER_INPUT', `The body is over ${BODY_BYTES_MAX / 1_000_000} MB. Send it as ${NDJSON}, one item a line.`);
  if (typeof fastifys === 'number' && fastifys >= 400 && fastifys < 500) return send(reply, fastifys, 'BAD_USER_INPUT', error.message);
  const status = httpStatusOf(error);
  if (status !== 500) return send(reply, status, String((error as unknown as { extensions: { code: string } }).extensions.code), error.message);
  if (error instanceof RowsBehind) return send(reply, 503, 'UNAVAILABLE', `${error.message} What was taken is a duplicate then.`);
  logFault(request.log, error, 'intake failed');
  send(reply, 503, 'UNAVAILABLE', 'This cannot be taken now. Send it again; what was taken is a duplicate then.');
}

function send(reply: FastifyReply, status: number, code: string, message: string): void {
  void reply.code(status).header('content-type', JSON_TYPE).send(JSON.stringify({ error: { code, message } }));
}
