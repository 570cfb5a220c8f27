// A mend of MongoDB's driver (seen in 7.9.0): a command that is written to a connection that is being closed waits for ever for its socket to drain.
// Here it fails when the connection does, like everything else on it, and is tried again.
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';

/** What is touched of the driver's own class. */
interface DriverConnection extends EventEmitter {
  closed: boolean;
  error: Error | null;
  writeCommand(...given: unknown[]): Promise<void>;
}

const MENDED = Symbol('mended');

/** Once in a process, however often it is called. */
export function mendDriver(): void {
  const { Connection } = createRequire(__filename)('mongodb/lib/cmap/connection') as { Connection: { prototype: DriverConnection & { [MENDED]?: true } } };
  const { prototype } = Connection;
  if (prototype[MENDED] === true) return;
  prototype[MENDED] = true;
  const before = Reflect.get(prototype, 'writeCommand') as (...given: unknown[]) => Promise<void>;
  prototype.writeCommand = async function (this: DriverConnection, ...given) {
    let onClose: () => void = () => undefined;
    const closed = new Promise<never>((_, reject) => {
      onClose = () => reject(this.error ?? new Error('The connection is closed.'));
      if (this.closed) onClose();
      else this.once('close', onClose);
    });
    try {
      await Promise.race([Reflect.apply(before, this, given), closed]);
    } finally {
      this.off('close', onClose);
    }
  };
}
