// Tells subscribers how projections are and how operations on them go on: each status when it has changed, at most twice a second.
// It never ends by itself; what a slow reader has missed is left out, it is told the latest. A token that expires ends it.
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail } from '@app/wiring';
import { Inject, type OnModuleDestroy } from '@nestjs/common';
import { Args, Context, Resolver, Subscription } from '@nestjs/graphql';
import { GraphQLError } from 'graphql';
import { Allow, type Caller, EVERYTHING } from '../access/caller';
import type { RequestContext } from '../graphql/request-context';
import { notFound, unauthenticated, unavailable } from '../rejection.presenter';
import { logFault } from './logging';
import { OperationsDesk } from './operations-desk';
import { ProjectionStatusType } from './operations.types';
import { presentStatus } from './status.presenter';

const LOOK_MS = 500;

interface Told {
  projectionProgress: ProjectionStatusType;
}

@Resolver()
export class ProjectionProgressResolver implements OnModuleDestroy {
  private readonly closing = new AbortController();
  private readonly desk: OperationsDesk;
  /** The look that everybody who subscribes takes part in. */
  private look: { atMs: number; statuses: Promise<ProjectionStatusType[]> } | undefined;

  constructor(@Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail) {
    this.desk = new OperationsDesk(orderTrail);
  }

  onModuleDestroy(): void {
    this.closing.abort();
  }

  @Subscription(() => ProjectionStatusType)
  @Allow(EVERYTHING)
  projectionProgress(@Args('name', { type: () => String, nullable: true }) name: string | null, @Context() context: RequestContext): AsyncIterable<Told> {
    this.admit(context.caller!);
    if (name != null && !this.orderTrail.monitor.names().includes(name)) throw notFound(`There is no projection ${name}.`);
    return this.changes(name ?? undefined, context.caller!);
  }

  /** The connection was admitted once; its token may have expired since. */
  private admit(caller: Caller): void {
    if (caller.expiresAt * 1000 <= this.nowMs()) throw unauthenticated('The token has expired.');
  }

  private changes(only: string | undefined, caller: Caller): AsyncIterable<Told> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.closing.signal]);
    const told = new Map<string, string>();
    let changed: ProjectionStatusType[] = [];
    let lookedAtMs = -LOOK_MS;
    const next = async (): Promise<IteratorResult<Told>> => {
      while (!signal.aborted) {
        const status = changed.shift();
        if (status !== undefined) {
          this.admit(caller);
          return { done: false, value: { projectionProgress: status } };
        }
        await this.orderTrail.clock.sleep(lookedAtMs + LOOK_MS - this.nowMs(), signal);
        if (signal.aborted) break;
        lookedAtMs = this.nowMs();
        changed = (await this.statuses()).filter((one) => (only === undefined || one.name === only) && isNews(told, one));
      }
      return { done: true, value: undefined };
    };
    const end = (): Promise<IteratorResult<Told>> => {
      over.abort();
      return Promise.resolve({ done: true, value: undefined });
    };
    const failing = async (error: unknown): Promise<never> => {
      await end();
      if (error instanceof GraphQLError) throw error;
      logFault(this.orderTrail.logger, error, 'a subscription failed');
      throw unavailable('Progress cannot be told now. Subscribe again.');
    };
    const iterator: AsyncIterator<Told> & AsyncIterable<Told> = { next: () => next().catch(failing), return: end, throw: failing, [Symbol.asyncIterator]: () => iterator };
    return iterator;
  }

  private statuses(): Promise<ProjectionStatusType[]> {
    const atMs = this.nowMs();
    if (this.look === undefined || atMs - this.look.atMs >= LOOK_MS / 2) this.look = { atMs, statuses: this.read() };
    return this.look.statuses;
  }

  private async read(): Promise<ProjectionStatusType[]> {
    const statuses = await this.orderTrail.monitor.statuses();
    return Promise.all(statuses.map(async (status) => presentStatus(status, await this.desk.operations(status.name))));
  }

  private nowMs(): number {
    return Date.parse(this.orderTrail.clock.now());
  }
}

function isNews(told: Map<string, string>, status: ProjectionStatusType): boolean {
  const text = JSON.stringify(status);
  if (told.get(status.name) === text) return false;
  told.set(status.name, text);
  return true;
}
