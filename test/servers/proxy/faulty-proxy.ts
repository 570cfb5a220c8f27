// Stands between us and a server on loopback and does to the connections what networks do: cuts, delays, swallows, refuses.
// What it decides by chance it draws from the seed. A connection that has lost bytes is cut when they would flow again: TCP has no holes.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { SeededRandomness } from '@app/runtime';
import { type Direction, type Fault, type FaultPlan, faultsOf } from './fault-plan';
import { type Delay, FaultyPipe, type PipeEvents, type Weather } from './faulty-pipe';

interface ProxyOptions {
  to: { host: string; port: number };
  seed: number;
}

interface Counts {
  /** Open now. */
  open: number;
  accepted: number;
  refused: number;
  cut: number;
  bytesToServer: number;
  bytesFromServer: number;
  bytesVanished: number;
  /** Faults of the plan by kind, as far as it has come. */
  faults: Partial<Record<Fault['kind'], number>>;
}

const HOST = '127.0.0.1';
const CALM: Delay = {};
const SHARE_STEPS = 1_000_000;

/** A client and the server behind it. */
interface Connection {
  sides: readonly [client: Socket, server: Socket];
  pipes: readonly FaultyPipe[];
  /** Nothing comes through any more, whatever the weather is. */
  silent: boolean;
  hasLostBytes: boolean;
}

class FaultyProxy {
  readonly host = HOST;
  private readonly connections = new Set<Connection>();
  private readonly toServer: Weather = { delay: CALM, blackHole: false };
  private readonly fromServer: Weather = { delay: CALM, blackHole: false };
  private readonly random: SeededRandomness;
  private refusing = false;
  private halfWay: Direction | undefined;
  private silencing: string | undefined;
  private plan: NodeJS.Timeout | undefined;
  private readonly counted: Counts = { open: 0, accepted: 0, refused: 0, cut: 0, bytesToServer: 0, bytesFromServer: 0, bytesVanished: 0, faults: {} };

  constructor(
    private readonly server: Server,
    private readonly options: ProxyOptions,
  ) {
    this.random = new SeededRandomness(options.seed);
    server.on('connection', (client: Socket) => this.accept(client));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  cutAll(): void {
    for (const connection of this.connections) this.cut(connection);
  }

  /** Cuts each connection with a chance of `share`, 0 to 1. */
  cutSome(share: number): void {
    for (const connection of this.connections) if (this.random.below(SHARE_STEPS) < share * SHARE_STEPS) this.cut(connection);
  }

  /** Passes half of the next piece that comes in this direction, on whatever connection, and cuts that one. */
  cutHalfWay(direction: Direction = 'both'): void {
    this.halfWay = direction;
  }

  /** Both directions, also of the connections that are open. */
  delay(delay: Delay): void {
    this.toServer.delay = this.fromServer.delay = delay;
  }

  /** Connections stay up and nothing comes through. */
  blackHole(direction: Direction = 'both'): void {
    this.toServer.blackHole ||= direction !== 'from-server';
    this.fromServer.blackHole ||= direction !== 'to-server';
  }

  /** The connection on which these bytes are sent to the server next: it stays up and nothing comes through it, until `heal`; all others go on. */
  silence(bytes: string): void {
    this.silencing = bytes;
  }

  /** Who connects is reset before a byte. */
  refuse(): void {
    this.refusing = true;
  }

  /** Ends the plan and every fault. */
  heal(): void {
    clearTimeout(this.plan);
    this.clear();
  }

  /** One fault after the other, until `heal`. */
  chaos(plan: FaultPlan): void {
    clearTimeout(this.plan);
    const faults = faultsOf(plan, this.options.seed);
    const next = (): void => {
      const { afterMs, lastsMs, fault } = faults.next().value as { afterMs: number; lastsMs: number; fault: Fault };
      this.plan = setTimeout(() => {
        this.bring(fault);
        this.plan = setTimeout(() => {
          this.clear();
          next();
        }, lastsMs).unref();
      }, afterMs).unref();
    };
    next();
  }

  counts(): Counts {
    return { ...this.counted, open: this.connections.size, faults: { ...this.counted.faults } };
  }

  async stop(): Promise<void> {
    this.heal();
    const closed = once(this.server, 'close');
    this.server.close();
    this.cutAll();
    await closed;
  }

  private bring(fault: Fault): void {
    this.counted.faults[fault.kind] = (this.counted.faults[fault.kind] ?? 0) + 1;
    switch (fault.kind) {
      case 'cut':
        return this.cutAll();
      case 'cut-some':
        return this.cutSome(fault.share);
      case 'cut-half-way':
        return this.cutHalfWay(fault.direction);
      case 'delay':
        return this.delay(fault.delay);
      case 'black-hole':
        return this.blackHole(fault.direction);
      case 'refuse':
        return this.refuse();
    }
  }

  private clear(): void {
    this.refusing = false;
    this.halfWay = undefined;
    this.silencing = undefined;
    this.delay(CALM);
    this.toServer.blackHole = this.fromServer.blackHole = false;
    for (const connection of this.connections) if (connection.hasLostBytes || connection.sides.some(({ destroyed }) => destroyed)) this.cut(connection);
  }

  private accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.refusing) {
      this.counted.refused += 1;
      client.resetAndDestroy();
      return;
    }
    this.counted.accepted += 1;
    const server = connect({ ...this.options.to, allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    const connection: Connection = { sides: [client, server], pipes: [], silent: false, hasLostBytes: false };
    // Each direction draws for itself: how many pieces the other one had changes nothing for it.
    const chance = (): SeededRandomness => new SeededRandomness(this.random.below(2 ** 31));
    connection.pipes = [
      new FaultyPipe(client, server, weatherOf(connection, this.toServer), chance(), this.eventsOf(connection, 'to-server')),
      new FaultyPipe(server, client, weatherOf(connection, this.fromServer), chance(), this.eventsOf(connection, 'from-server')),
    ];
    this.connections.add(connection);
  }

  private eventsOf(connection: Connection, direction: 'to-server' | 'from-server'): PipeEvents {
    const bytes = direction === 'to-server' ? 'bytesToServer' : 'bytesFromServer';
    return {
      arrived: (piece) => {
        if (direction !== 'to-server' || this.silencing === undefined || !piece.includes(this.silencing)) return;
        connection.silent = true;
        this.silencing = undefined;
      },
      passed: (count) => void (this.counted[bytes] += count),
      vanished: (count) => {
        this.counted.bytesVanished += count;
        connection.hasLostBytes = true;
      },
      breaksHere: () => {
        const breaks = this.halfWay === 'both' || this.halfWay === direction;
        if (breaks) this.halfWay = undefined;
        return breaks;
      },
      broken: () => this.cut(connection, 'gently'),
      gone: () => this.forget(connection),
    };
  }

  /** `gently` lets arrive what was passed; otherwise the other side may lose even that. */
  private cut(connection: Connection, how: 'hard' | 'gently' = 'hard'): void {
    if (!this.connections.has(connection)) return;
    this.counted.cut += 1;
    if (how === 'hard') for (const side of connection.sides) side.resetAndDestroy();
    this.forget(connection);
  }

  private forget(connection: Connection): void {
    this.connections.delete(connection);
    for (const pipe of connection.pipes) pipe.close();
    for (const side of connection.sides) side.destroy();
  }
}

/** That of all connections, and its own. */
function weatherOf(connection: Connection, weather: Weather): Weather {
  return {
    get delay() {
      return weather.delay;
    },
    get blackHole() {
      return weather.blackHole || connection.silent;
    },
  };
}

export async function startFaultyProxy(options: ProxyOptions): Promise<FaultyProxy> {
  const server = createServer({ allowHalfOpen: true });
  const proxy = new FaultyProxy(server, options);
  server.listen(0, HOST);
  await once(server, 'listening');
  return proxy;
}
