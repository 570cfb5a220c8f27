// The business time zone belongs to the log: order numbers and months hang on it, so it is fixed at the first start.
// A start that asks for another zone is refused with a sentence, before anything is written.
import { type Actor, type Command, type Decider, type DomainEvent, reject } from '@app/kernel';
import type { Clock, CommandExecutor, EventStore } from '@app/runtime';

/** STORAGE FORMAT. */
type BusinessZoneFixed = DomainEvent<'BusinessZoneFixed', { zone: string }>;
type FixBusinessZone = Command<'FixBusinessZone'> & { zone: string };

const STREAM = 'zone-main';
const DEFAULT_ZONE = 'Asia/Shanghai';
const ACTOR: Actor = { id: 'ordertrail', role: 'system' };

export const zoneDecider: Decider<FixBusinessZone, BusinessZoneFixed, string | null> = {
  category: 'zone',
  eventTypes: { BusinessZoneFixed: 1 },
  initial: null,
  decide(command, state) {
    if (state === null) return [{ type: 'BusinessZoneFixed', occurredAt: command.at, data: { zone: command.zone } }];
    if (state === command.zone) return [];
    return reject(
      'BusinessZoneIsFixed',
      `ORDERTRAIL_ZONE is ${command.zone}, but this log was begun in ${state}, and its order numbers and months are counted there. Leave ORDERTRAIL_ZONE out or set it to ${state}.`,
    );
  },
  evolve: (_, event) => event.data.zone,
};

/** What tells a log from others: where and when its first event was recorded; undefined while nothing has happened in it. */
export async function nameOfLog(store: Pick<EventStore, 'read'>): Promise<string | undefined> {
  const [first] = await store.read(STREAM);
  return first === undefined ? undefined : `${first.recordedAt} ${first.position}`;
}

/** The zone of the log, fixed now if this is its first start. Throws when another one is asked for. */
export async function businessZone(asked: string | undefined, deps: { executor: CommandExecutor; eventStore: EventStore; clock: Clock }): Promise<string> {
  const [fixed] = await deps.eventStore.read(STREAM);
  const known = (fixed?.data as { zone: string } | undefined)?.zone;
  const zone = asked ?? known ?? DEFAULT_ZONE;
  if (zone === known) return zone;
  const command: FixBusinessZone = { type: 'FixBusinessZone', id: `fix-zone-${zone}`, actor: ACTOR, at: deps.clock.now(), zone };
  const result = await deps.executor.execute(STREAM, command);
  if (result.outcome === 'refused') throw new BusinessZoneMismatch(result.rejection.message);
  return zone;
}

/** As it was fixed; the log must be begun. */
export async function zoneOfLog(store: Pick<EventStore, 'read'>): Promise<string> {
  const [fixed] = await store.read(STREAM);
  if (fixed === undefined) throw new Error('The business time zone of the log is not fixed yet.');
  return (fixed.data as { zone: string }).zone;
}

/** Its message is the sentence for the user. */
class BusinessZoneMismatch extends Error {
  override readonly name = 'BusinessZoneMismatch';
}
