// Rows that a newer release has made are left alone by an older one that works beside it: two that build over each other would never end.
// Going back is asked for: a rebuild that is pending counts as the asking.
import type { Projection } from '@app/kernel';
import { projectionDecider, rebuildModeOf } from './operations/projection.decider';
import { operationsStream, type ProjectionEvent } from './operations/projection.events';
import type { EventReader } from './ports/event-store';

class NewerRows extends Error {
  override readonly name = 'NewerRows';
  constructor({ name, version }: Projection, rows: number) {
    super(`The rows of ${name} are of version ${rows}, of a newer release; this one makes version ${version}. Run the newer release, or ask for the older rows: ops projections rebuild ${name}.`);
  }
}

/** Throws NewerRows where the rows in use are newer and nobody has asked for a rebuild. */
export async function assertNotNewer(projection: Projection, rowsVersion: number, log: Pick<EventReader, 'read'>): Promise<void> {
  if (rowsVersion <= projection.version) return;
  let state = projectionDecider.initial;
  for (const { type, data, meta } of await log.read(operationsStream(projection.name))) {
    state = projectionDecider.evolve(state, { type, occurredAt: meta.occurredAt, data } as ProjectionEvent);
  }
  if (!state.pending.some(operation => rebuildModeOf(operation) === 'SWITCH')) throw new NewerRows(projection, rowsVersion);
}
