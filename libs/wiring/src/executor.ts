// What decides: every decider of the registry over a log, with personal data sealed on the way and settings, catalogue and people at hand.
// Any process that may append has one of its own, a worker on servers one for each share.
import type { ExceptionState, GreenChannelState, NotificationState, OrderState } from '@app/domain';
import type { Command } from '@app/kernel';
import { type CommandExecutor, type CommandResult, DecidingExecutor, type EventStore, PersonalData, type Randomness } from '@app/runtime';
import { DecisionContext } from './decision-context';
import { ExceptionContext } from './exception-context';
import { releaseNext } from './green-channel-release';
import { type Delivery, NotificationDelivery } from './notification-delivery';
import { OpenTasks } from './open-tasks';
import { PeopleContext } from './people-context';
import { DECIDERS, PERSONAL_DATA } from './registry';
import { RoutingContext } from './routing-context';
import type { RowsAtHand } from './rows-at-hand';
import type { Stores } from './stores';

/** What commands are decided by besides their own streams. It appends nothing, so one is enough for all that decide in a process. */
interface DecisionSources {
  personalData: PersonalData;
  context: DecisionContext;
  people: PeopleContext;
  openTasks: OpenTasks;
  routing: RoutingContext;
  exceptions: ExceptionContext;
}

/** `nowMs`: milliseconds of a clock that only goes forward; the machine's where left out. */
export function openSources({ eventStore, keyVault }: Pick<Stores, 'eventStore' | 'keyVault'>, random: Randomness, rows: RowsAtHand, nowMs?: () => number): DecisionSources {
  const people = new PeopleContext(eventStore);
  const openTasks = new OpenTasks(rows, nowMs);
  return {
    personalData: new PersonalData(PERSONAL_DATA, keyVault, random),
    context: new DecisionContext(eventStore, rows, nowMs),
    people,
    openTasks,
    routing: new RoutingContext(eventStore, people, openTasks),
    exceptions: new ExceptionContext(eventStore),
  };
}

/** `delivery`: where notifications are sent from; left out, attempts to send are a fault here. */
export function executorOver(eventStore: EventStore, { personalData, context, people, openTasks, routing, exceptions }: DecisionSources, delivery?: Delivery): CommandExecutor {
  const deliveries = delivery === undefined ? undefined : new NotificationDelivery({ ...delivery, store: eventStore, load: (stream) => executor.load(stream) });
  const deciding = new DecidingExecutor({
    store: eventStore,
    deciders: DECIDERS,
    personalData,
    prepare(category, command, state, together) {
      if (category === 'greenchannel') return releaseNext(executor, command, state as GreenChannelState);
      if (category === 'order') return context.prepare(command, state, together).then((prepared) => routing.prepare(prepared, state as OrderState));
      if (category === 'exception') return exceptions.prepare(command, state as ExceptionState, executor);
      if (category === 'staff') return people.prepare(command, state);
      if (category === 'notification') return deliveries?.prepare(command, state as NotificationState) ?? command;
      if (category === 'policy' || category === 'organisation') return people.withEverybody(command);
      return category === 'routes' ? context.forRoutes(command, people, together) : command;
    },
  });
  const executor = telling(deciding, [context, openTasks]);
  return executor;
}

/** Is told of every command that is over, with what came of it unless it failed: what is decided next may rest on it. */
interface CommandObserver {
  settled(commandId: string, result: CommandResult | undefined): void;
}

function telling(executor: CommandExecutor, observers: readonly CommandObserver[]): CommandExecutor {
  const tell = (commandId: string, result?: CommandResult): void => {
    for (const observer of observers) observer.settled(commandId, result);
  };
  return {
    load: (stream, presumedNew) => executor.load(stream, presumedNew),
    async execute(stream: string, command: Command): Promise<CommandResult> {
      try {
        const result = await executor.execute(stream, command);
        tell(command.id, result);
        return result;
      } catch (error) {
        tell(command.id);
        throw error;
      }
    },
  };
}
