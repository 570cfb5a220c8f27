// Rows of read models for decisions: an executor is opened before its rows are, and decides without them until then.
// What is read here may lag; whoever decides by it adds what this process has appended since.
import { NoLiveTable, type RowReader } from '@app/runtime';
import type { Position } from '@app/kernel';

export class RowsAtHand {
  private reader: Pick<RowReader, 'getMany' | 'position'> | undefined;

  /** From now on there are rows. */
  use(reader: Pick<RowReader, 'getMany' | 'position'>): void {
    this.reader = reader;
  }

  /**
   * Rows that reflect the log exactly up to `upTo`, in the order of the keys. Undefined while there are none: not opened, not built
   * yet, or written so fast that two looks in a row never agree.
   */
  async asOf<Row>(projection: string, keys: readonly string[]): Promise<{ rows: readonly (Row | undefined)[]; upTo: Position } | undefined> {
    const { reader } = this;
    if (reader === undefined) return undefined;
    try {
      let upTo = await reader.position(projection);
      for (let look = 0; look < LOOKS_MAX && upTo !== undefined; look++) {
        const rows = (await reader.getMany<Row>(projection, keys)).map((stored) => stored?.row);
        const after = await reader.position(projection);
        if (after === upTo) return { rows, upTo };
        upTo = after;
      }
    } catch (error) {
      if (!(error instanceof NoLiveTable)) throw error;
    }
    return undefined;
  }
}

const LOOKS_MAX = 5;
