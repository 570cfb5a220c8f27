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

/** Once in a process, however often it is called. Throws where the driver is another one than what is mended here. */
export function mendDriver(prototype: object = driversConnection()): void {
  const mended = prototype as DriverConnection & { [MENDED]?: true };
  if (mended[MENDED] === true) return;
  const before: unknown = Reflect.get(prototype, 'writeCommand');
  if (typeof before !== 'function' || !String(before).includes("'drain'")) {
    throw new Error("MongoDB's driver writes its commands otherwise than the one that is mended here (7.9.0). See whether the mend is still needed.");
  }
  mended[MENDED] = true;
  mended.writeCommand = async function (this: DriverConnection, ...given) {
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

function driversConnection(): object {
  const { Connection } = createRequire(__filename)('mongodb/lib/cmap/connection') as { Connection: { prototype: object } };
  return Connection.prototype;
}
