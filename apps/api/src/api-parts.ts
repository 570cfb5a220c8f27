// What the routes and resolvers of one app have in common, made once over an open OrderTrail.
// Thin: each part says in its own file what it guarantees.
import type { Position } from '@app/kernel';
import { PROJECTIONS } from '@app/projections';
import type { OrderTrail } from '@app/wiring';
import { TokenVerifier } from './access/token-verifier';
import { ExceptionReader } from './exceptions/exception-reader';
import { IdempotentMutations } from './graphql/idempotency';
import { ReadPosition } from './graphql/read-position';
import { RunningStreams } from './intake/running-streams';
import { CalendarWatch } from './operations/calendar-watch';
import { Metrics } from './operations/metrics';
import { OrderReader } from './orders/order-reader';

export class ApiParts {
  readonly verifier: TokenVerifier;
  readonly readPosition: ReadPosition;
  readonly mutations: IdempotentMutations;
  readonly exceptions: ExceptionReader;
  readonly orders: OrderReader;
  readonly metrics: Metrics;
  readonly streams = new RunningStreams();
  private readonly calendar: CalendarWatch;
  /** End of the log when the app was made. */
  logAtStart: Position;

  constructor(readonly orderTrail: OrderTrail) {
    const { clock, random, eventStore, monitor, signals, secrets, config } = orderTrail;
    this.verifier = new TokenVerifier({ tokenKey: secrets.tokenKey, oidc: config.oidc }, () => Date.parse(clock.now()));
    this.readPosition = new ReadPosition(PROJECTIONS.map(({ name }) => name), monitor, signals, eventStore.origin);
    this.mutations = new IdempotentMutations(eventStore, clock, random);
    this.exceptions = new ExceptionReader(orderTrail, this.readPosition);
    this.orders = new OrderReader(orderTrail, this.readPosition, this.exceptions);
    this.metrics = new Metrics(() => monitor.statuses(), () => eventStore.stats());
    this.calendar = new CalendarWatch(orderTrail);
    this.logAtStart = eventStore.origin;
  }

  async start(): Promise<void> {
    this.logAtStart = await this.orderTrail.eventStore.end();
    await this.readPosition.start();
    void this.calendar.run();
  }

  close(): void {
    this.calendar.close();
    this.readPosition.close();
  }
}
