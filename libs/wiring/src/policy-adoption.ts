// From where in a log a policy acts. Whoever opens a log puts down in it, before anything else happens, every policy that it does not
// know yet: what comes after is acted on, whichever process follows the policies later, and wherever a copy of the log is taken.
import type { Actor, Command, Decider, DomainEvent, Policy, Recorded } from '@app/kernel';
import type { Clock, CommandExecutor, EventReader, PolicyAdoptions } from '@app/runtime';

/** STORAGE FORMAT. These act on what stands behind this event, and on nothing before it. */
type PoliciesAdopted = DomainEvent<'PoliciesAdopted', { policies: string[] }>;
type AdoptPolicies = Command<'AdoptPolicies'> & { policies: readonly string[] };

const STREAM = 'adoption-main';
const ACTOR: Actor = { id: 'ordertrail', role: 'system' };

export const adoptionDecider: Decider<AdoptPolicies, PoliciesAdopted, readonly string[]> = {
  category: 'adoption',
  eventTypes: { PoliciesAdopted: 1 },
  initial: [],
  decide({ at, policies }, known) {
    const added = policies.filter((name) => !known.includes(name));
    return added.length === 0 ? [] : [{ type: 'PoliciesAdopted', occurredAt: at, data: { policies: added } }];
  },
  evolve: (known, { data }) => [...known, ...data.policies],
};

/** Of these, the ones that the log does not know act on it from now on. */
export async function adoptPolicies(policies: readonly Pick<Policy, 'name'>[], { executor, clock }: { executor: CommandExecutor; clock: Clock }): Promise<void> {
  const names = policies.map(({ name }) => name);
  const { state } = await executor.load<readonly string[]>(STREAM);
  const added = names.filter((name) => !state.includes(name));
  if (added.length === 0) return;
  const command: AdoptPolicies = { type: 'AdoptPolicies', id: `adopt ${added.join(' ')}`, actor: ACTOR, at: clock.now(), policies: added };
  await executor.execute(STREAM, command);
}

/** As they stand in the log. `categories`: of all streams that policies give commands to. */
export function adoptionsIn(log: Pick<EventReader, 'read'>, categories: readonly string[]): PolicyAdoptions {
  return {
    categories,
    async positionOf(policy) {
      const adopted = (await log.read(STREAM)).find(({ data }: Recorded) => (data as PoliciesAdopted['data']).policies.includes(policy));
      return adopted?.position;
    },
  };
}
