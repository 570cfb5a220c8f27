// The description of the plain HTTP routes: intake with the canonical form of every topic, health and metrics.
// GraphQL describes itself; this page says where.
import { TOPIC_SCHEMAS } from '@app/intake';
import type { OpenAPIObject } from '@nestjs/swagger';
import { EXAMPLES } from './examples';

type Schema = Readonly<Record<string, unknown>>;
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: Schema): Schema => ({ 'application/json': { schema } });
const problem = (description: string): Schema => ({ description, content: json(ref('Problem')) });

const OUTCOMES = ['CREATED', 'UPDATED', 'DUPLICATE', 'ACCEPTED', 'WAITING', 'REFUSED', 'QUARANTINED'];

const ANSWER_SCHEMAS: Readonly<Record<string, Schema>> = {
  IntakeItem: {
    type: 'object',
    required: ['externalId', 'orderNumber', 'outcome', 'errors'],
    properties: {
      externalId: { type: ['string', 'null'] },
      orderNumber: { type: ['string', 'null'], description: 'Our number of the order, good everywhere at once.' },
      outcome: { type: 'string', enum: OUTCOMES, description: 'ACCEPTED: a fact was taken. WAITING: its order is not known yet. QUARANTINED: it could not be read and is kept whole.' },
      errors: { type: 'array', items: { type: 'string' } },
    },
  },
  IntakeAnswer: {
    type: 'object',
    required: ['position', 'items'],
    properties: { position: { type: 'string', description: 'Give it as X-Min-Position to a query that must see this.' }, items: { type: 'array', items: ref('IntakeItem'), description: 'One for each sent, in their order.' } },
  },
  IntakeSummary: {
    type: 'object',
    properties: { complete: { type: 'boolean' }, error: { type: 'string', description: 'Only when not complete: why the rest was not taken.' }, counts: { type: 'object', additionalProperties: { type: 'integer' } }, position: { type: 'string' } },
  },
  Problem: { type: 'object', properties: { error: { type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' } } } } },
};

const PARAMETERS = [
  { name: 'system', in: 'path', required: true, schema: { type: 'string' }, description: 'Code of the sending system: a platform (TB, JD, …), WMS, TMS, CRM, ERP, WXPAY, ALIPAY.' },
  { name: 'answer', in: 'query', schema: { type: 'string', enum: ['items', 'summary'], default: 'items' }, description: 'summary, for NDJSON only: answer with the closing line alone.' },
  { name: 'history', in: 'query', schema: { type: 'boolean' }, description: 'Roles ops and admin: past orders; review passes by itself, no timer starts, nothing is sent.' },
  { name: 'omits', in: 'query', schema: { type: 'string' }, description: 'Roles ops and admin: fields that the source never delivers, comma separated paths such as customer.name; they are not checked.' },
];

function intakePath(topic: keyof typeof TOPIC_SCHEMAS): Schema {
  return {
    post: {
      tags: ['intake'],
      operationId: `intake-${topic}`,
      summary: String(TOPIC_SCHEMAS[topic]['description']),
      security: [{ token: [] }],
      parameters: PARAMETERS,
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { oneOf: [ref(topic), { type: 'array', items: ref(topic) }] }, example: EXAMPLES[topic] },
          'application/x-ndjson': { schema: { ...ref(topic) }, example: JSON.stringify(EXAMPLES[topic]), description: 'One item a line, any length, answered line by line as they become durable.' },
        },
      },
      responses: {
        202: {
          description: 'Durable.',
          content: { ...json(ref('IntakeAnswer')), 'application/x-ndjson': { schema: { oneOf: [ref('IntakeItem'), ref('IntakeSummary')] } } },
        },
        400: problem('The body is not JSON: it is kept in quarantine. Or a parameter has a value it cannot have: nothing is kept.'),
        401: problem('No valid token.'),
        403: problem('The token may not send for this system.'),
        404: problem('Unknown system or topic.'),
        413: problem('Over 10 MB: send NDJSON.'),
        415: problem('A Content-Encoding other than identity.'),
        503: problem('Nothing can be written now.'),
      },
    },
  };
}

const plain = (summary: string, statuses: Readonly<Record<string, string>>): Schema => ({
  get: { tags: ['operation'], summary, responses: Object.fromEntries(Object.entries(statuses).map(([status, description]) => [status, { description }])) },
});

export function openApiDocument(): OpenAPIObject {
  const topics = Object.keys(TOPIC_SCHEMAS) as (keyof typeof TOPIC_SCHEMAS)[];
  return {
    openapi: '3.1.0',
    info: {
      title: 'OrderTrail',
      version: '1',
      description: 'What source systems send. Front ends ask by GraphQL at [/graphql](/graphql); try it at [/graphiql](/graphiql).',
    },
    paths: {
      ...Object.fromEntries(topics.map((topic) => [`/intake/{system}/${topic}`, intakePath(topic)])),
      '/health/live': plain('The process answers.', { 200: 'Yes.' }),
      '/health/ready': plain('Every projection has caught up with the log as it stood at start.', { 200: 'Yes.', 503: 'Not yet: the body lists which have not. Or a store does not answer, or the log cannot be written any more: the body says so.' }),
      '/metrics': plain('Figures for Prometheus; answered on loopback only.', { 200: 'Text.', 403: 'Asked from another machine.' }),
    },
    components: { schemas: { ...TOPIC_SCHEMAS, ...ANSWER_SCHEMAS }, securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  } as unknown as OpenAPIObject;
}
