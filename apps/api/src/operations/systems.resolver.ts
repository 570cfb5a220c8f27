// Source systems and what came from them but is not an order's yet: quarantine and facts that wait.
// Quarantined text is opened only for those who ask for it, and masked for those who need not see people.
import { SOURCE_SYSTEMS } from '@app/domain';
import { quarantine, type QuarantineRow, sourceSystems, type SourceSystemRow, waitingFacts, type WaitingFactRow } from '@app/projections';
import type { SealedGroup } from '@app/runtime';
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, ID, Info, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { actorOf, Allow, EVERYTHING, seesPersonalData } from '../access/caller';
import { KNOWN_FIELDS } from '../access/known-fields';
import { maskSent, maskUnreadable } from '../access/masks';
import { pageSize } from '../graphql/pages';
import type { RequestContext } from '../graphql/request-context';
import { selectedFields } from '../graphql/selected-fields';
import { AcknowledgedType } from '../graphql/base.types';
import { WrittenMutations } from '../graphql/written-mutations';
import { badInput, notFound, rejected } from '../rejection.presenter';
import { QuarantinedPayloadType, type QuarantineStatus, QuarantineStatusEnum, SourceSystemType, WaitingFactType } from './operations.types';
import type { Rejection } from '@app/kernel';

const QUARANTINE_KEEPERS: readonly Role[] = ['admin', 'ops'];
const REASON_LENGTH_MAX = 2_000;

@Resolver()
export class SystemsResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly mutations: WrittenMutations,
  ) {}

  @Query(() => [SourceSystemType])
  @Allow(EVERYTHING)
  async sourceSystems(): Promise<SourceSystemType[]> {
    const rows = await this.orderTrail.rows.getMany<SourceSystemRow>(sourceSystems.name, SOURCE_SYSTEMS.map(({ code }) => code));
    return SOURCE_SYSTEMS.map((system, index) => {
      const heard = rows[index]?.row;
      return { ...system, lastHeardAt: heard?.lastHeardAt ?? null, received: heard?.received ?? 0, quarantined: heard?.quarantined ?? 0 };
    });
  }

  @Query(() => [QuarantinedPayloadType])
  @Allow(EVERYTHING)
  async quarantine(
    @Args('system', { type: () => String, nullable: true }) system: string | null,
    @Args('status', { type: () => QuarantineStatusEnum, nullable: true, defaultValue: 'WAITING' }) status: QuarantineStatus | null,
    @Args('first', { type: () => Int, nullable: true, defaultValue: 50 }) first: number | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<QuarantinedPayloadType[]> {
    const where = { ...(system == null ? {} : { system }), ...(status == null ? {} : { status }) };
    const page = await this.orderTrail.rows.find<QuarantineRow>(quarantine.name, { where, sort: [{ field: 'receivedAt', direction: 'desc' }], limit: pageSize(first) });
    const withPayload = selectedFields(info).has('payload');
    const unmasked = seesPersonalData(context.caller!);
    return Promise.all(
      page.rows.map(async ({ row }) => ({
        quarantineId: row.quarantineId,
        system: row.system,
        receivedAt: row.receivedAt,
        errors: row.reasons,
        payload: withPayload ? await this.payloadOf(row, unmasked) : null,
        status: row.status,
      })),
    );
  }

  @Query(() => [WaitingFactType])
  @Allow(EVERYTHING)
  async waitingFacts(
    @Args('system', { type: () => String, nullable: true }) system: string | null,
    @Args('first', { type: () => Int, nullable: true, defaultValue: 50 }) first: number | null,
    @Context() context: RequestContext,
  ): Promise<WaitingFactType[]> {
    const where: Record<string, string> = system == null ? {} : { system };
    const page = await this.orderTrail.rows.find<WaitingFactRow>(waitingFacts.name, { where, sort: [{ field: 'receivedAt', direction: 'desc' }], limit: pageSize(first) });
    const unmasked = seesPersonalData(context.caller!);
    return page.rows.map(({ row: { platform, externalId, orderNumber, topic, receivedAt, payload, system: sender } }) => ({
      system: sender, topic, platform, externalId, orderNumber, receivedAt, payload: unmasked ? payload : maskSent(payload, KNOWN_FIELDS),
    }));
  }

  @Mutation(() => AcknowledgedType)
  @Allow(QUARANTINE_KEEPERS)
  reprocessQuarantined(@Args('quarantineId', { type: () => ID }) quarantineId: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<AcknowledgedType> {
    return this.settle(context, info, () => this.orderTrail.intake.reprocess(quarantineId, actorOf(context.caller!, QUARANTINE_KEEPERS)));
  }

  @Mutation(() => AcknowledgedType)
  @Allow(QUARANTINE_KEEPERS)
  discardQuarantined(
    @Args('quarantineId', { type: () => ID }) quarantineId: string,
    @Args('reason', { type: () => String }) reason: string,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<AcknowledgedType> {
    const why = reason.trim();
    if (why === '' || why.length > REASON_LENGTH_MAX) throw badInput(`reason must have 1 to ${REASON_LENGTH_MAX} characters.`);
    return this.settle(context, info, () => this.orderTrail.intake.discard(quarantineId, why, actorOf(context.caller!, QUARANTINE_KEEPERS)));
  }

  private async settle(
    context: RequestContext,
    info: GraphQLResolveInfo,
    act: () => Promise<{ outcome: 'done'; position: string } | { outcome: 'refused'; rejection: Rejection }>,
  ): Promise<AcknowledgedType> {
    return this.mutations.write(context, info, async () => {
      const result = await act();
      if (result.outcome === 'done') return { position: result.position };
      throw result.rejection.rejection === 'QuarantineNotFound' ? notFound(result.rejection.message) : rejected(result.rejection);
    });
  }

  private async payloadOf(row: QuarantineRow, unmasked: boolean): Promise<unknown> {
    const { text } = (await this.orderTrail.personalData.openGroup('quarantine', row.payload as unknown as SealedGroup, ['text'])) as { text: string | null };
    if (text === null) return null;
    try {
      const payload: unknown = JSON.parse(text);
      return unmasked ? payload : maskSent(payload, KNOWN_FIELDS);
    } catch {
      return unmasked ? text : maskUnreadable(text);
    }
  }
}
