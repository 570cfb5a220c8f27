// Approval policies: which version is or was in force, publishing the next one, and whether its routes lead to people who can act.
// Read from the streams of policy and people, so that what was published or changed is seen at once.
import { APPROVAL_POLICY_STREAM, type ApprovalPolicyVersion, POLICY_VARIABLES, type PublishApprovalPolicy, registeredPeople, routeChecks } from '@app/domain';
import type { CommandResult } from '@app/runtime';
import { DispatchCommand, ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Args, Context, Info, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { actorOf, Allow, EVERYTHING } from '../access/caller';
import { IdempotentMutations } from '../graphql/idempotency';
import { reached, type RequestContext } from '../graphql/request-context';
import { checked } from '../graphql/validation';
import { rejected } from '../rejection.presenter';
import { presentPolicy, rulesOf } from './policy.presenter';
import { ApprovalPolicyType, ApprovalRuleInput, PolicyPayloadType, PolicyVariableType, RouteCheckType } from './policy.types';

const PUBLISHERS: readonly Role[] = ['admin'];
const ROUTE_READERS: readonly Role[] = [...EVERYTHING, 'approver'];

@Resolver()
export class PolicyResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly mutations: IdempotentMutations,
    private readonly commands: CommandBus,
  ) {}

  @Query(() => ApprovalPolicyType, { nullable: true })
  @Allow(EVERYTHING)
  async approvalPolicy(@Args('version', { type: () => Int, nullable: true }) version: number | null): Promise<ApprovalPolicyType | null> {
    const found = await this.find(version);
    return found === undefined ? null : presentPolicy(found);
  }

  @Query(() => [PolicyVariableType], { description: 'Everything that the expressions of approval rules may name.' })
  @Allow(EVERYTHING)
  approvalPolicyVariables(): readonly PolicyVariableType[] {
    return POLICY_VARIABLES;
  }

  @Mutation(() => PolicyPayloadType)
  @Allow(PUBLISHERS)
  async publishApprovalPolicy(@Args('rules', { type: () => [ApprovalRuleInput] }, checked(ApprovalRuleInput)) inputs: ApprovalRuleInput[], @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<PolicyPayloadType> {
    const written = await this.mutations.once(context, info, async (id) => {
      const command: Omit<PublishApprovalPolicy, 'context'> = {
        type: 'PublishApprovalPolicy', id, actor: actorOf(context.caller!, PUBLISHERS), at: this.orderTrail.clock.now(), rules: rulesOf(inputs),
      };
      const result = await this.commands.execute<DispatchCommand, CommandResult>(new DispatchCommand(APPROVAL_POLICY_STREAM, command));
      if (result.outcome === 'refused') throw rejected(result.rejection);
      return { position: result.position, version: result.revision + 1 };
    });
    reached(context, written.position);
    return { position: written.position, policy: presentPolicy((await this.find(written.version))!) };
  }

  @Query(() => [RouteCheckType])
  @Allow(ROUTE_READERS)
  async routeChecks(): Promise<RouteCheckType[]> {
    const [policy, people] = await Promise.all([this.find(null), this.orderTrail.people.everybody()]);
    return policy === undefined ? [] : routeChecks(policy.rules, registeredPeople(people), this.orderTrail.clock.now());
  }

  /** By default the one in force. */
  private async find(version: number | null | undefined): Promise<ApprovalPolicyVersion | undefined> {
    const versions = await this.orderTrail.context.policies();
    return version == null ? versions.at(-1) : versions.find((one) => one.version === version);
  }
}
