// What decides: every decider of the registry over a log, with personal data sealed on the way and settings, catalogue and people at hand.
// Any process that may append has one of its own.
import { DecidingExecutor, PersonalData, type Randomness } from '@app/runtime';
import { DecisionContext } from './decision-context';
import { PeopleContext } from './people-context';
import { DECIDERS, PERSONAL_DATA } from './registry';
import type { Stores } from './stores';

export function openExecutor({ eventStore, keyVault }: Pick<Stores, 'eventStore' | 'keyVault'>, random: Randomness): { personalData: PersonalData; context: DecisionContext; executor: DecidingExecutor } {
  const personalData = new PersonalData(PERSONAL_DATA, keyVault, random);
  const context = new DecisionContext(eventStore);
  const people = new PeopleContext(eventStore);
  const executor = new DecidingExecutor({
    store: eventStore,
    deciders: DECIDERS,
    personalData,
    prepare: (category, command, state, together) => (category === 'staff' ? people.prepare(command, state) : context.prepare(category, command, state, together)),
  });
  return { personalData, context, executor };
}
