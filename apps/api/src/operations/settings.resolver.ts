// Settings: which version is or was in force, and publishing the next one.
// Read from their stream, so that what was published is seen at once.
import { backlogPeakOf, businessDayOf, isoDuration, type PublishSettings, secondsOf, SETTINGS_STREAM, type SettingsValues, type SettingsVersion } from '@app/domain';
import { DispatchCommand, ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import type { CommandResult } from '@app/runtime';
import { Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Args, Context, Info, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { actorOf, Allow, EVERYTHING } from '../access/caller';
import { IdempotentMutations } from '../graphql/idempotency';
import { reached, type RequestContext } from '../graphql/request-context';
import { badInput, notFound, rejected } from '../rejection.presenter';
import { SettingsInput, SettingsPayloadType, SettingsType } from './settings.types';

const PUBLISHERS: readonly Role[] = ['admin'];

@Resolver()
export class SettingsResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly mutations: IdempotentMutations,
    private readonly commands: CommandBus,
  ) {}

  @Query(() => SettingsType)
  @Allow(EVERYTHING)
  async settings(@Args('version', { type: () => Int, nullable: true }) version: number | null): Promise<SettingsType> {
    return present(await this.find(version));
  }

  @Mutation(() => SettingsPayloadType)
  @Allow(PUBLISHERS)
  async publishSettings(@Args('settings', { type: () => SettingsInput }) input: SettingsInput, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<SettingsPayloadType> {
    const written = await this.mutations.once(context, info, async (id) => {
      const values = valuesOf(input);
      const command: PublishSettings = { type: 'PublishSettings', id, actor: actorOf(context.caller!, PUBLISHERS), at: this.orderTrail.clock.now(), values };
      const result = await this.commands.execute<DispatchCommand, CommandResult>(new DispatchCommand(SETTINGS_STREAM, command));
      if (result.outcome === 'refused') throw rejected(result.rejection);
      return { position: result.position, version: result.revision + 1 };
    });
    reached(context, written.position);
    return { position: written.position, settings: present(await this.find(written.version)) };
  }

  private async find(version: number | null | undefined): Promise<SettingsVersion> {
    const versions = await this.orderTrail.context.settings();
    const found = version == null ? versions.at(-1) : versions.find((one) => one.version === version);
    if (found === undefined) throw notFound(`There is no version ${version ?? 1} of the settings.`);
    return found;
  }
}

function present(settings: SettingsVersion): SettingsType {
  const { reconciliationToleranceSeconds, waitingFactLimitSeconds, nodes, ...rest } = settings;
  return {
    ...rest,
    nodes: nodes.map(({ node, ownerRole, limitSeconds }) => ({ node, ownerRole, limit: isoDuration(limitSeconds) })),
    reconciliationTolerance: isoDuration(reconciliationToleranceSeconds),
    waitingFactLimit: isoDuration(waitingFactLimitSeconds),
    businessDay: businessDayOf(settings),
    backlogPeak: backlogPeakOf(settings),
  };
}

/** What is given; what is missing or null keeps its value. */
function valuesOf(input: SettingsInput): Partial<SettingsValues> {
  const values: Partial<SettingsValues> = {};
  if (input.nodes != null) values.nodes = input.nodes.map(({ node, ownerRole, limit }) => ({ node, ownerRole, limitSeconds: seconds('limit', limit) }));
  if (input.turnoverThresholds != null) values.turnoverThresholds = input.turnoverThresholds.map(({ platform, amount }) => ({ platform, amount }));
  if (input.restrictedCategories != null) values.restrictedCategories = input.restrictedCategories;
  if (input.exemptionsPerDay != null) values.exemptionsPerDay = input.exemptionsPerDay;
  if (input.exemptionMaxAmount != null) values.exemptionMaxAmount = input.exemptionMaxAmount;
  if (input.exemptionMaxHours != null) values.exemptionMaxHours = input.exemptionMaxHours;
  if (input.reconciliationTolerance != null) values.reconciliationToleranceSeconds = seconds('reconciliationTolerance', input.reconciliationTolerance);
  if (input.waitingFactLimit != null) values.waitingFactLimitSeconds = seconds('waitingFactLimit', input.waitingFactLimit);
  if (input.businessDay != null) values.businessDay = { opens: input.businessDay.opens, closes: input.businessDay.closes };
  if (input.backlogPeak != null) values.backlogPeak = { pendingMin: input.backlogPeak.pendingMin, decisionsPerHour: input.backlogPeak.decisionsPerHour };
  return values;
}

function seconds(name: string, duration: string): number {
  const value = secondsOf(duration);
  if (value === undefined) throw badInput(`${name} must be a duration of weeks, days, hours, minutes and whole seconds, such as PT8H.`);
  return value;
}
