// An order's past: every event of its stream with what it changed, those of its exceptions among them, and the order as it was at any point.
// Everything is folded from the streams by the domain's own fold; read models only say which streams these are.
import { APPROVAL_POLICY_STREAM, type ApprovalPolicyVersion, exceptionStream, type OrderEvent, orderDecider, type OrderState } from '@app/domain';
import type { Position, Recorded } from '@app/kernel';
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, ID, Info, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow, EVERYTHING, seesPersonalData } from '../access/caller';
import { maskDocument } from '../access/masks';
import { ExceptionReader } from '../exceptions/exception-reader';
import type { RequestContext } from '../graphql/request-context';
import { selectedFields } from '../graphql/selected-fields';
import { checked } from '../graphql/validation';
import { OrderReader } from '../orders/order-reader';
import { badInput, notFound } from '../rejection.presenter';
import { AuditEventType, OrderReplayType, ReplayPointInput, type StateChangeType } from './audit.types';
import { orderStateView } from './order-state.view';
import { stateChanges } from './state-changes';

@Resolver()
export class HistoryResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly orders: OrderReader,
    private readonly exceptions: ExceptionReader,
  ) {}

  @Query(() => [AuditEventType], {
    description: 'Every event about the order, from its own stream and those of its exceptions, messages and incidents, in log order.',
  })
  @Allow(EVERYTHING)
  async orderHistory(@Args('orderNumber', { type: () => ID }) orderNumber: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<AuditEventType[]> {
    const stream = await this.orders.streamOf(orderNumber);
    if (stream === undefined) throw notFound(`There is no order ${orderNumber}.`);
    const unmasked = seesPersonalData(context.caller!);
    const [own, cases] = await Promise.all([this.orderTrail.eventStore.read(stream), this.exceptions.ofOrders([orderNumber])]);
    const ofCases = await Promise.all(cases.map(({ exceptionId }) => this.orderTrail.eventStore.read(exceptionStream(exceptionId))));
    const { events } = await this.fold(own, selectedFields(info).has('changes'), unmasked);
    const others = ofCases.flat().map((event) => ({ ...auditEvent(event), data: shown(event.data, unmasked), changes: [] }));
    return [...events, ...others].sort((a, b) => (a.position < b.position ? -1 : 1));
  }

  @Query(() => OrderReplayType, { nullable: true })
  @Allow(EVERYTHING)
  async orderReplay(
    @Args('orderNumber', { type: () => ID }) orderNumber: string,
    @Args('until', { type: () => ReplayPointInput, nullable: true }, checked(ReplayPointInput)) until: ReplayPointInput | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<OrderReplayType | null> {
    const stream = await this.orders.streamOf(orderNumber);
    if (stream === undefined) return null;
    const events = upTo(await this.orderTrail.eventStore.read(stream), until ?? {});
    if (events.length === 0) return null;
    const unmasked = seesPersonalData(context.caller!);
    const folded = await this.fold(events, selectedFields(info).has('events.changes'), unmasked);
    return { orderNumber, state: shown(orderStateView(folded.state), unmasked), events: folded.events, policyVersion: await this.policyVersionAt(events.at(-1)!.position) };
  }

  /** The version that was published last before a place in the log; null before the first. */
  private async policyVersionAt(position: Position): Promise<number | null> {
    const published = (await this.orderTrail.eventStore.read(APPROVAL_POLICY_STREAM)).findLast((event) => event.position <= position);
    return (published?.data as ApprovalPolicyVersion | undefined)?.version ?? null;
  }

  private async fold(recorded: readonly Recorded[], withChanges: boolean, unmasked: boolean): Promise<{ state: OrderState; events: AuditEventType[] }> {
    let state: OrderState = orderDecider.initial;
    let view = withChanges ? orderStateView(state) : undefined;
    const events: AuditEventType[] = [];
    for (const event of recorded) {
      const data = await this.orderTrail.personalData.open(event.type, event.data);
      state = orderDecider.evolve(state, { type: event.type, occurredAt: event.meta.occurredAt, data } as OrderEvent);
      const after = withChanges ? orderStateView(state) : undefined;
      const changes = withChanges ? changesShown(stateChanges(view, after), unmasked) : [];
      events.push({ ...auditEvent(event), data: shown(data, unmasked), changes });
      view = after;
    }
    return { state, events };
  }
}

function auditEvent(event: Recorded): Omit<AuditEventType, 'data' | 'changes'> {
  const { id, stream, revision, position, type, version, recordedAt, meta } = event;
  const { occurredAt, actor, actorRole, correlationId, causationId } = meta;
  return { eventId: id, stream, revision, position, type, version, occurredAt, recordedAt, actor, actorRole, correlationId, causationId: causationId ?? null };
}

/** That a person's data changed is no secret, only what it was and is: two masks that look alike are a change all the same. */
function changesShown(changes: StateChangeType[], unmasked: boolean): StateChangeType[] {
  if (unmasked) return changes;
  return changes.flatMap(({ path, before, after }) => {
    const field = path.slice(path.lastIndexOf('.') + 1).replace(/\[\d+\]$/, '');
    const masked = (value: unknown): unknown => (maskDocument({ [field]: value }) as Record<string, unknown>)[field];
    return field === 'sealed' ? [] : [{ path, before: masked(before), after: masked(after) }];
  });
}

function shown(document: unknown, unmasked: boolean): unknown {
  return unmasked ? document : maskDocument(document);
}

/** The events up to the point, inclusive. Throws BAD_USER_INPUT for a point that the stream does not have. */
function upTo(events: readonly Recorded[], { revision, at, eventId }: ReplayPointInput): readonly Recorded[] {
  const given = [revision, at, eventId].filter((point) => point !== undefined && point !== null);
  if (given.length > 1) throw badInput('until takes one of revision, at and eventId.');
  if (revision != null) {
    if (revision >= events.length) throw badInput(`The last revision of this order is ${events.length - 1}.`);
    return events.filter((event) => event.revision <= revision);
  }
  if (eventId != null) {
    const last = events.findIndex(({ id }) => id === eventId);
    if (last < 0) throw badInput(`This order has no event ${eventId}.`);
    return events.slice(0, last + 1);
  }
  return at == null ? events : events.filter((event) => event.recordedAt <= at);
}
