// What a share sends is sent while its lease is held: a worker that stood still and comes back sends nothing.
// Asked before each command, since between two of them the process may have been stopped.
import type { CommandExecutor } from './execute-command';
import type { Lease } from './ports/leases';

/** Throws LeaseLost instead of executing once the lease is not held for sure. */
export function whileHeld(lease: Lease, executor: CommandExecutor): CommandExecutor {
  return {
    async execute(stream, command) {
      lease.assertHeld();
      return executor.execute(stream, command);
    },
    async load(stream) {
      return executor.load(stream);
    },
  };
}
