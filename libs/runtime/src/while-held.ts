// What a share appends is appended while its lease is held: a worker that stood still and comes back sends nothing.
// Asked at the last moment, after everything that was read and decided, and before every attempt of the log, since the process may have
// been stopped in between.
import { overriding } from './overriding';
import type { EventStore } from './ports/event-store';
import type { Lease } from './ports/leases';

/** The log of one share: throws LeaseLost instead of appending once the lease is not held for sure. */
export function whileHeld<Log extends Pick<EventStore, 'append'>>(lease: Lease, log: Log): Log {
  const append: EventStore['append'] = async (stream, expected, events) => {
    lease.assertHeld();
    return log.append(stream, expected, events, () => lease.assertHeld());
  };
  return overriding(log, { append } as Partial<Log>);
}
