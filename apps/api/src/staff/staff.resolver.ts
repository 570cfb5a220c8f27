// People: who is registered, who acts for whom, and what changes that. Each mutation is one change of somebody's record.
// An approver may delegate only what is theirs; everything else is the admins'.
import { whoActsFor } from '@app/domain';
import { ORDERTRAIL } from '@app/nest';
import { type OrderTrail, type Role, type StaffChange, StaffChanges } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, ID, Info, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { actingRole, actorOf, Allow, type Caller, EVERYTHING } from '../access/caller';
import type { RequestContext } from '../graphql/request-context';
import { DateTimeScalar, DecimalScalar } from '../graphql/scalars';
import { WrittenMutations } from '../graphql/written-mutations';
import { badInput, forbidden, notFound, rejected } from '../rejection.presenter';
import { StaffReader } from './staff-reader';
import { ActingType, StaffPayloadType, StaffType } from './staff.types';

const STAFF_READERS: readonly Role[] = [...EVERYTHING, 'approver'];
const REGISTRARS: readonly Role[] = ['admin'];
const DELEGATORS: readonly Role[] = ['admin', 'approver'];

const STAFF_ID = /^[^\s\p{C}]{1,100}$/u;
const EMAIL = /^[^\s@]+@[^\s@]+$/;
const PHONE = /^\+?[0-9][0-9 ()/-]{1,38}$/;
const ROLES_MAX = 50;

/** What is asked of somebody's record, without what every command carries. */
type Asked = StaffChange extends infer C ? (C extends StaffChange ? Omit<C, 'id' | 'actor' | 'at' | 'staffId'> : never) : never;

@Resolver()
export class StaffResolver {
  private readonly changes: StaffChanges;

  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly people: StaffReader,
    private readonly mutations: WrittenMutations,
  ) {
    this.changes = new StaffChanges(orderTrail);
  }

  @Query(() => StaffType, { nullable: true })
  @Allow(STAFF_READERS)
  async staff(@Args('staffId', { type: () => ID }) staffId: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<StaffType | null> {
    const row = await this.people.byId(staffId);
    return row === undefined ? null : this.people.present(row, this.people.view(context.caller!, info));
  }

  @Query(() => [StaffType])
  @Allow(STAFF_READERS)
  async staffMembers(@Args('role', { type: () => String, nullable: true }) role: string | null, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<StaffType[]> {
    const view = this.people.view(context.caller!, info);
    return Promise.all((await this.people.members(role ?? null)).map((row) => this.people.present(row, view)));
  }

  @Query(() => ActingType, {
    nullable: true,
    description: 'Who acts for somebody, for an order of this amount at this instant (by default 0, now): themselves, or by delegation, or after a departure the backup or superior. Null: nobody can.',
  })
  @Allow(STAFF_READERS)
  async whoActsFor(
    @Args('staffId', { type: () => ID }) staffId: string,
    @Args('amount', { type: () => DecimalScalar, nullable: true }) amount: string | null,
    @Args('at', { type: () => DateTimeScalar, nullable: true }) at: string | null,
  ): Promise<ActingType | null> {
    if (amount?.startsWith('-')) throw badInput('amount must be zero or more.');
    const people = await this.people.around(staffId);
    if (!people.has(staffId)) throw nobody(staffId);
    return whoActsFor(staffId, at ?? this.orderTrail.clock.now(), amount ?? '0', people);
  }

  @Mutation(() => StaffPayloadType)
  @Allow(REGISTRARS)
  registerStaff(
    @Args('staffId', { type: () => ID }) staffId: string,
    @Args('name', { type: () => String }) name: string,
    @Args('roles', { type: () => [String] }) roles: string[],
    @Args('supervisor', { type: () => ID, nullable: true }) supervisor: string | null | undefined,
    @Args('backup', { type: () => ID, nullable: true }) backup: string | null | undefined,
    @Args('email', { type: () => String, nullable: true }) email: string | null | undefined,
    @Args('phone', { type: () => String, nullable: true }) phone: string | null | undefined,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<StaffPayloadType> {
    if (!STAFF_ID.test(staffId)) throw badInput('staffId must have 1 to 100 characters, none of them a space.');
    if (name.length > 200) throw badInput('name must have at most 200 characters.');
    if (roles.length > ROLES_MAX || roles.some((role) => role.length > 60)) throw badInput(`roles must be at most ${ROLES_MAX}, of at most 60 characters each.`);
    if (email != null && email !== '' && !(EMAIL.test(email) && email.length <= 254)) throw badInput('email must be an address such as wang@example.com.');
    if (phone != null && phone !== '' && !PHONE.test(phone)) throw badInput('phone must be a number such as +86 138 0000 1234.');
    return this.give(staffId, REGISTRARS, context, info, { type: 'RegisterStaff', name, roles, ...whatIsGiven({ supervisor, backup, email, phone }) });
  }

  @Mutation(() => StaffPayloadType)
  @Allow(DELEGATORS)
  setDelegation(
    @Args('staffId', { type: () => ID }) staffId: string,
    @Args('to', { type: () => ID }) to: string,
    @Args('from', { type: () => DateTimeScalar }) from: string,
    @Args('until', { type: () => DateTimeScalar }) until: string,
    @Args('maxAmount', { type: () => DecimalScalar, nullable: true }) maxAmount: string | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<StaffPayloadType> {
    delegatesOwn(context.caller!, staffId);
    return this.give(staffId, DELEGATORS, context, info, { type: 'SetDelegation', delegation: { to, from, until, maxAmount: maxAmount ?? null } });
  }

  @Mutation(() => StaffPayloadType)
  @Allow(DELEGATORS)
  endDelegation(@Args('staffId', { type: () => ID }) staffId: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<StaffPayloadType> {
    delegatesOwn(context.caller!, staffId);
    return this.give(staffId, DELEGATORS, context, info, { type: 'EndDelegation' });
  }

  @Mutation(() => StaffPayloadType)
  @Allow(REGISTRARS)
  markDeparted(@Args('staffId', { type: () => ID }) staffId: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<StaffPayloadType> {
    return this.give(staffId, REGISTRARS, context, info, { type: 'MarkDeparted' });
  }

  @Mutation(() => StaffPayloadType)
  @Allow(REGISTRARS)
  markReturned(@Args('staffId', { type: () => ID }) staffId: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<StaffPayloadType> {
    return this.give(staffId, REGISTRARS, context, info, { type: 'MarkReturned' });
  }

  private async give(staffId: string, allowed: readonly Role[], context: RequestContext, info: GraphQLResolveInfo, asked: Asked): Promise<StaffPayloadType> {
    const caller = context.caller!;
    const written = await this.mutations.write(context, info, async (id) => {
      const base = { id, actor: actorOf(caller, allowed), at: this.orderTrail.clock.now(), staffId };
      const result = await this.changes.give({ ...base, ...asked });
      if (result.outcome === 'refused') throw result.rejection.rejection === 'StaffNotFound' ? notFound(result.rejection.message) : rejected(result.rejection);
      return { position: result.position, revision: result.revision, at: base.at };
    });
    const row = await this.people.asOf(staffId, written.revision);
    if (row === undefined) throw nobody(staffId);
    return { position: written.position, staff: await this.people.present(row, this.people.view(caller, info, 'staff.', written.at)) };
  }
}

/** Said before anybody is looked up. */
function delegatesOwn(caller: Caller, staffId: string): void {
  if (actingRole(caller, DELEGATORS) === 'approver' && caller.sub !== staffId) throw forbidden('An approver may only delegate their own work.');
}

/** Without what was left out, which keeps its value. */
function whatIsGiven<Fields extends Record<string, string | null | undefined>>(fields: Fields): { [Name in keyof Fields]?: string | null } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [Name in keyof Fields]?: string | null };
}

function nobody(staffId: string): Error {
  return notFound(`There is nobody registered as ${staffId}.`);
}
