// Against a real server on loopback: order, backpressure both ways, and every way to be refused or cut off.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { HttpSink } from './http-sink';

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

describe('HttpSink', () => {
  let server: Server;
  let handler: Handler;
  beforeEach(async () => {
    server = createServer((request, response) => void handler(request, response).catch(() => response.destroy()));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const sink = (): HttpSink => new HttpSink({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 't', system: 'WS', history: true, omits: ['customer.name', 'customer.phone'] });
  const items = (from: number, count: number, size = 1): { topic: string; payload: unknown }[] =>
    Array.from({ length: count }, (_, i) => ({ topic: 'orders', payload: { externalId: String(from + i), text: 'x'.repeat(size) } }));

  it('gets an outcome for each item, in order, while the stream goes on', async () => {
    let seen = '';
    handler = async (request, response) => {
      seen = `${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type']}`;
      response.writeHead(202, { 'content-type': 'application/x-ndjson' });
      for await (const line of createInterface({ input: request })) {
        const { topic, item } = JSON.parse(line) as { topic: string; item: { externalId: string } };
        if (!response.write(`${JSON.stringify({ externalId: item.externalId, orderNumber: topic, outcome: 'CREATED', errors: [], position: '1' })}\n`)) await new Promise(resolve => response.once('drain', resolve));
      }
      response.end(`${JSON.stringify({ complete: true, counts: {} })}\n`);
    };
    const http = sink();
    const answers = await Promise.all([http.take(items(0, 1000, 2000)), http.take(items(1000, 3)), http.take([])]);
    expect(answers[0]?.map(answer => answer.externalId)).toEqual(items(0, 1000).map((_, i) => String(i)));
    expect(answers[1]?.at(-1)).toEqual({ externalId: '1002', orderNumber: 'orders', outcome: 'CREATED', errors: [] });
    await http.take(items(5000, 1));
    await http.close();
    await http.close();
    expect(seen).toBe('POST /intake/WS/mixed?history=true&omits=customer.name%2Ccustomer.phone Bearer t application/x-ndjson');
  });

  it('stops writing while the server does not read', async () => {
    let release!: () => void;
    const released = new Promise<void>(resolve => (release = resolve));
    handler = async (request, response) => {
      response.writeHead(202).flushHeaders();
      await released;
      for await (const _ of createInterface({ input: request })) response.write('{"outcome":"DUPLICATE"}\n');
      response.end('{"complete":true}');
    };
    const http = sink();
    let taken = 0;
    const waiting = Array.from({ length: 40 }, (_, i) => http.take(items(i * 100, 100, 10_000)).then(() => taken++));
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(taken).toBe(0);
    release();
    await Promise.all(waiting);
    await http.close();
  });

  it.each<[string, Handler, RegExp]>([
    ['refuses', async (_, response) => void response.writeHead(401, { connection: 'close' }).end('{"message":"No token"}'), /refused the import with status 401: \{"message":"No token"\}|broke/],
    ['ends early', async (request, response) => void (request.resume(), response.writeHead(202).end('{"outcome":"CREATED"}\n')), /ended before every item was answered/],
    ['breaks off', async (_, response) => void response.destroy(), /broke/],
    ['says something else', async (_, response) => void response.writeHead(202).write('hello\n'), /not JSON: hello/],
  ])('says what happened when the server %s', async (_, answer, message) => {
    handler = answer;
    const http = sink();
    await expect(http.take(items(0, 5))).rejects.toThrow(message);
    await expect(http.take(items(0, 5))).rejects.toThrow(message);
    await expect(http.close()).rejects.toThrow(message);
  });

  it('says that nobody listens', async () => {
    const http = new HttpSink({ url: 'http://127.0.0.1:9', token: 't', system: 'WS', history: false, omits: [] });
    await expect(http.take(items(0, 5))).rejects.toThrow('The connection to http://127.0.0.1:9 broke: connect ECONNREFUSED');
  });
});
