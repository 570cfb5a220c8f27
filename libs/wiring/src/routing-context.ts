// What commands about tasks and exemptions are decided by besides: who there is, who has how much to do, and the zone of business hours.
// People are read from their own streams, so that a command that begins after a departure was acknowledged never names who is gone.
import type { OrderCommand, OrderState, PeopleRead, RoutingContext as Routing } from '@app/domain';
import type { Command } from '@app/kernel';
import type { EventStore } from '@app/runtime';
import { zoneOfLog } from './business-zone';
import type { OpenTasks } from './open-tasks';
import type { PeopleContext } from './people-context';

type Type = OrderCommand['type'];

/** Ordinary orders are decided without people. */
const LOOKS_AT_PEOPLE: ReadonlySet<string> = new Set<Type>(['RouteStep', 'HandOverTask', 'ReassignTask', 'TransferTask', 'DecideTask', 'GrantExemption', 'ReviewExemption']);
const CHOOSES_PEOPLE: ReadonlySet<string> = new Set<Type>(['RouteStep', 'HandOverTask', 'ReassignTask', 'TransferTask']);
/** These may take a task from somebody: who releases an order or is named as who placed it may not decide on it. */
const MAY_VACATE: ReadonlySet<string> = new Set<Type>(['TakeOrder', 'ReleaseHold']);
const NO_LOADS: Routing['loads'] = new Map();

export class RoutingContext {
  private zone: string | undefined;

  constructor(
    private readonly store: Pick<EventStore, 'read'>,
    private readonly people: Pick<PeopleContext, 'everybody'>,
    private readonly openTasks: Pick<OpenTasks, 'of'>,
  ) {}

  /** Adds to the context of a command for an order; leaves those as they are that look at nobody. */
  async prepare(command: Command, state: Pick<OrderState, 'approvals'>): Promise<Command> {
    const { type } = command;
    const mayVacate = MAY_VACATE.has(type) && state.approvals.some(({ status, tasks }) => status === 'PENDING' && tasks.length > 0);
    if (!mayVacate && !LOOKS_AT_PEOPLE.has(type)) return command;
    const people = await this.people.everybody();
    const loads = mayVacate || CHOOSES_PEOPLE.has(type) ? await this.openTasks.of(whoMayBeChosen(people)) : NO_LOADS;
    const routing: Routing = { people, loads, zone: (this.zone ??= await zoneOfLog(this.store)) };
    const { context } = command as { context?: object };
    return Object.assign(command, { context: { ...context, routing } });
  }
}

/** Everybody who is here: who stands in for a holder need not have a role. */
function whoMayBeChosen(people: PeopleRead): string[] {
  const found: string[] = [];
  for (const [staffId, read] of people) if (read !== null && read.person.active) found.push(staffId);
  return found;
}
