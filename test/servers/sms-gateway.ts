// An SMS gateway that remembers who has handed it what, and answers at once or when it is told to.
// Each sender has an address of its own there, so that what a process sends is known as its own.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Taken {
  by: string;
  /** Of the message: the same at every attempt, whoever makes it. */
  id: string;
}

export class SmsGateway {
  readonly taken: Taken[] = [];
  private holding = false;
  private held: (() => void)[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<SmsGateway> {
    const server = createServer();
    const gateway = new SmsGateway(server);
    server.on('request', (request, response) => {
      const { 'idempotency-key': id } = request.headers;
      gateway.taken.push({ by: (request.url ?? '').slice(1), id: String(id) });
      const answer = (): void => void response.writeHead(202).end();
      request.resume().once('end', () => (gateway.holding ? gateway.held.push(answer) : answer()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return gateway;
  }

  urlOf(sender: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${sender}`;
  }

  /** Taken over and not yet answered. */
  get waiting(): number {
    return this.held.length;
  }

  /** Those who come wait for their answer, until `answerAll`. */
  hold(): void {
    this.holding = true;
  }

  /** Answers those who wait; `goOn` answers everybody who comes from now on, too. */
  answerAll({ goOn = false } = {}): void {
    if (goOn) this.holding = false;
    for (const answer of this.held.splice(0)) answer();
  }

  /** Ids that came from a sender, as often as they came. */
  idsBy(sender: string): string[] {
    return this.taken.filter(({ by }) => by === sender).map(({ id }) => id);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
