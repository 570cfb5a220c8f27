// The limit of a single post: Fastify takes the same body, parses the JSON and answers 202, and does nothing else.
// What the product adds to this is its own.
import Fastify from 'fastify';
import { input } from './processes';

const { port } = input<{ port: number }>();
const server = Fastify({ logger: false });
server.get('/health/ready', () => ({ status: 'ok' }));
server.post('/intake/:system/:topic', (request, reply) => {
  const { externalId } = request.body as { externalId: string };
  void reply.code(202).send({ position: '0000000000000000', items: [{ externalId, orderNumber: null, outcome: 'CREATED', errors: [] }] });
});
process.once('SIGTERM', () => void server.close());
void server.listen({ port, host: '127.0.0.1' });
