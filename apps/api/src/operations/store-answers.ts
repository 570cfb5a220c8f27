// Which of the stores answer: asked for each probe, told in the log only where that changes.
// A store that is late counts as one that does not answer.
import { orderStatus } from '@app/projections';
import type { OrderTrail } from '@app/wiring';

const ANSWER_MS_MAX = 3_000;

export class StoreAnswers {
  private told = '';

  constructor(private readonly orderTrail: Pick<OrderTrail, 'eventStore' | 'monitor' | 'logger' | 'storeNames'>) {}

  /** Names of those that do not answer within 3 s. */
  async silent(): Promise<readonly string[]> {
    const { eventStore, monitor, storeNames } = this.orderTrail;
    const faults = await Promise.all([faultOf(storeNames.log, eventStore.end()), faultOf(storeNames.rows, monitor.positionOf(orderStatus.name))]);
    return this.tell(faults.filter((fault) => fault !== undefined));
  }

  /** What `look` answers; the names of both stores, either of which it may be, where that fails or is late. */
  async unlessSilent<T>(look: Promise<T>): Promise<{ found: T } | { silent: readonly string[] }> {
    let found: T | undefined;
    const { log, rows } = this.orderTrail.storeNames;
    const fault = await faultOf(`${log} or ${rows}`, look.then((answer) => void (found = answer)));
    return fault === undefined ? { found: found as T } : { silent: this.tell([fault]) };
  }

  private tell(faults: readonly Fault[]): readonly string[] {
    const silent = faults.map(({ store }) => store);
    const now = silent.join(', ');
    if (now !== this.told) {
      if (faults.length > 0) this.orderTrail.logger.warn({ faults }, `not ready: ${silent.join(' and ')} ${silent.length > 1 ? 'do' : 'does'} not answer`);
      else this.orderTrail.logger.info({ stores: this.told }, 'the stores answer again');
      this.told = now;
    }
    return silent;
  }
}

interface Fault {
  store: string;
  error: string;
}

async function faultOf(store: string, look: Promise<unknown>): Promise<Fault | undefined> {
  const late = new Promise<Error>((resolve) => setTimeout(resolve, ANSWER_MS_MAX, new Error(`no answer within ${ANSWER_MS_MAX} ms`)).unref());
  const fault = await Promise.race([late, look.then(() => undefined, (error: unknown) => (error instanceof Error ? error : new Error(String(error))))]);
  return fault === undefined ? undefined : { store, error: fault.message };
}
