// From where in a log a policy acts. Whoever opens a log puts down in it, before anything else happens, every policy that it does not
// know yet: what comes after is acted on, whichever process follows the policies later, and wherever a copy of the log is taken.
// Copies keep the order within a stream alone, so that a new log says that all of it is to be acted on.
import type { Actor, Command, Decider, DomainEvent, Policy } from '@app/kernel';
import type { Clock, CommandExecutor, EventReader, PolicyAdoptions } from '@app/runtime';

/** STORAGE FORMAT. These act on the whole log, or on what stands behind this event and on nothing before it. */
type PoliciesAdopted = DomainEvent<'PoliciesAdopted', { policies: string[]; from: 'ORIGIN' | 'HERE' }>;
type AdoptPolicies = Command<'AdoptPolicies'> & Pick<PoliciesAdopted['data'], 'from'> & { policies: readonly string[] };

const STREAM = 'adoption-main';
const ACTOR: Actor = { id: 'ordertrail', role: 'system' };

export const adoptionDecider: Decider<AdoptPolicies, PoliciesAdopted, readonly string[]> = {
  category: 'adoption',
  eventTypes: { PoliciesAdopted: 1 },
  initial: [],
  decide({ at, policies, from }, known) {
    const added = policies.filter((name) => !known.includes(name));
    return added.length === 0 ? [] : [{ type: 'PoliciesAdopted', occurredAt: at, data: { policies: added, from } }];
  },
  evolve: (known, { data }) => [...known, ...data.policies],
};

/** Of these, the ones that the log does not know act on it from now on; `isNew`: nothing has happened in it yet. */
export async function adoptPolicies(policies: readonly Pick<Policy, 'name'>[], { executor, clock, isNew }: { executor: CommandExecutor; clock: Clock; isNew: boolean }): Promise<void> {
  const names = policies.map(({ name }) => name);
  const { state } = await executor.load<readonly string[]>(STREAM);
  const added = names.filter((name) => !state.includes(name));
  if (added.length === 0) return;
  const command: AdoptPolicies = { type: 'AdoptPolicies', id: `adopt ${added.join(' ')}`, actor: ACTOR, at: clock.now(), policies: added, from: isNew ? 'ORIGIN' : 'HERE' };
  await executor.execute(STREAM, command);
}

/** As they stand in the log. `categories`: of all streams that policies give commands to. */
export function adoptionsIn(log: Pick<EventReader, 'read' | 'origin'>, categories: readonly string[]): PolicyAdoptions {
  return {
    categories,
    async positionOf(policy) {
      for (const { data, position } of await log.read(STREAM)) {
        const { policies, from } = data as PoliciesAdopted['data'];
        if (policies.includes(policy)) return from === 'ORIGIN' ? log.origin : position;
      }
      return undefined;
    },
  };
}
