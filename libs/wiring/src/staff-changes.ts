// Changes somebody's record: what is refused leaves nothing behind, and no two at once make a circle, in whatever processes.
// Another superior or a delegation is allowed in the stream of the organisation first, one after the other, and then carried out in the person's
// own. Where that was broken off, whoever comes next goes on with it.
import { carryOut, isBehind, type ListStaff, type RegisterStaff, ROSTER_STREAM, type SetDelegation, type SetSupervisor, type StaffCommand, staffDecider, type StaffState, staffStream, type OrganisationEvent, ORGANISATION_STREAM, type OrganisationState } from '@app/domain';
import { type Command, isRejection } from '@app/kernel';
import type { CommandResult } from '@app/runtime';
import type { OrderTrail } from './open-ordertrail';

/** A command as it is asked, without what it is decided by. */
type Asked<C> = C extends Command ? Omit<C, 'context' | 'after'> : never;
export type StaffChange = Asked<Exclude<StaffCommand, { type: `CarryOut${string}` }> | SetDelegation>;

export class StaffChanges {
  constructor(private readonly orderTrail: Pick<OrderTrail, 'executor'> & { people: Pick<OrderTrail['people'], 'prepare'>; eventStore: Pick<OrderTrail['eventStore'], 'end'> }) {}

  /** What the person's own stream answers, or the refusal. Done again under the same id it changes nothing and answers as before. */
  give(change: StaffChange): Promise<CommandResult> {
    if (change.type === 'SetDelegation') return this.tie(change);
    return change.type === 'RegisterStaff' ? this.register(change) : this.execute(staffStream(change.staffId), change);
  }

  /** Asked first what would come of it: whoever is refused is not listed and gets no other superior. */
  private async register(asked: Asked<RegisterStaff>): Promise<CommandResult> {
    const { id, actor, at, staffId } = asked;
    const base = { actor, at, staffId };
    const { state } = await this.orderTrail.executor.load<StaffState>(staffStream(staffId));
    const decided = staffDecider.decide((await this.orderTrail.people.prepare({ ...asked }, state)) as StaffCommand, state);
    if (isRejection(decided) && decided.rejection !== 'SupervisorNotCarriedOut') return { outcome: 'refused', rejection: decided };
    if (state.person === null) {
      await this.execute(ROSTER_STREAM, { ...base, type: 'ListStaff', id: `list-${id}` } satisfies ListStaff);
      return this.execute(staffStream(staffId), asked);
    }
    const { supervisor, ...rest } = asked;
    if (supervisor !== undefined && supervisor !== state.person.supervisor) {
      const tied = await this.tie({ ...base, type: 'SetSupervisor', id: `supervisor-${id}`, supervisor });
      if (tied.outcome === 'refused') return tied;
    }
    return this.execute(staffStream(staffId), rest);
  }

  /** Asked again only when another one was allowed meanwhile. */
  private async tie(asked: Asked<SetSupervisor | SetDelegation>): Promise<CommandResult> {
    for (;;) {
      const { last } = (await this.orderTrail.executor.load<OrganisationState>(ORGANISATION_STREAM)).state;
      if (last !== null) await this.carryOut(last);
      const command: Omit<SetSupervisor | SetDelegation, 'context'> = { ...asked, after: last?.data.changeId ?? null };
      const result = await this.execute(ORGANISATION_STREAM, command);
      if (result.outcome === 'done') return this.inOwnStream(asked.staffId, result);
      if (!isBehind(result.rejection)) return result;
    }
  }

  private async inOwnStream(staffId: string, allowed: CommandResult & { outcome: 'done' }): Promise<CommandResult> {
    const [event] = allowed.events;
    if (event !== undefined) return this.carryOut(event as OrganisationEvent);
    const { revision } = await this.orderTrail.executor.load(staffStream(staffId));
    return { ...allowed, revision, position: await this.orderTrail.eventStore.end() };
  }

  private carryOut(allowed: OrganisationEvent): Promise<CommandResult> {
    return this.execute(staffStream(allowed.data.staffId), carryOut(allowed));
  }

  private execute(stream: string, command: Command): Promise<CommandResult> {
    // Whoever prepares it adds to what it was given.
    return this.orderTrail.executor.execute(stream, { ...command });
  }
}
