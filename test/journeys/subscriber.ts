// A caller of subscriptions over a WebSocket, as a browser's library is: graphql-transport-ws, messages in the order in which they came.
// It answers the pings of the server and waits for as long as it is asked to.
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';

/** As much of the `ws` package as is used here. */
interface Socket {
  on(event: 'message', listener: (bytes: Buffer) => void): void;
  on(event: 'close', listener: () => void): void;
  once(event: 'open' | 'error', listener: (value: unknown) => void): this;
  send(text: string): void;
  close(): void;
}
const WebSocket = createRequire(__filename)('ws') as new (url: string, protocol: string) => Socket;

export class Subscriber {
  private readonly received: Record<string, unknown>[] = [];
  private wake: () => void = () => undefined;
  closed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('message', (bytes: Buffer) => {
      const message = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
      if (message['type'] === 'ping') return socket.send('{"type":"pong"}');
      this.received.push(message);
      this.wake();
    });
    socket.on('close', () => {
      this.closed = true;
      this.wake();
    });
  }

  static async connect(url: string, token: string | undefined): Promise<Subscriber> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const subscriber = new Subscriber(socket);
    socket.send(JSON.stringify({ type: 'connection_init', payload: token === undefined ? {} : { Authorization: `Bearer ${token}` } }));
    expect(await subscriber.next()).toMatchObject({ type: 'connection_ack' });
    return subscriber;
  }

  send(id: string, query: string, variables: Record<string, unknown> = {}): void {
    this.socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }));
  }

  stop(id: string): void {
    this.socket.send(JSON.stringify({ id, type: 'complete' }));
  }

  async next(): Promise<Record<string, unknown>> {
    while (this.received.length === 0) {
      if (this.closed) throw new Error('the connection is closed');
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.received.shift()!;
  }

  /** The next message that differs from one which may come late or twice: a state that is told already, or was when this one subscribed. */
  async nextBut(known: Record<string, unknown>): Promise<Record<string, unknown>> {
    const message = await this.next();
    return isDeepStrictEqual(message, known) ? this.nextBut(known) : message;
  }

  get waiting(): number {
    return this.received.filter(({ type }) => type === 'next').length;
  }

  close(): void {
    this.socket.close();
  }
}
