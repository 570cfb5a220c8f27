// Asks for operations on projections by commands, and waits for what whoever runs them records: here, in a thread or elsewhere.
// Nothing depends on the waiting: what was asked for is on record, and what came of it stands in the status.
import type { OrderTrail } from '@app/wiring';
import { isRejection, type Position } from '@app/kernel';
import { type EndedOperation, type Operation, type OperationsState, operationsStream, type ProjectionCommand, projectionDecider, uuidOf } from '@app/runtime';
import { rejected, unavailable } from '../rejection.presenter';

const LOOK_MS = 100;
const WAIT_MS_MAX = 5_000;

export interface OperationRecord extends Operation, Partial<Omit<EndedOperation, keyof Operation>> {
  state: 'PENDING' | 'DONE' | 'FAILED';
}

export class OperationsDesk {
  constructor(private readonly orderTrail: Pick<OrderTrail, 'executor' | 'clock' | 'signals' | 'monitor'>) {}

  /** Answers where it was written. Throws the refusal. */
  async ask(projection: string, command: ProjectionCommand): Promise<Position> {
    const result = await this.orderTrail.executor.execute(operationsStream(projection), command);
    if (result.outcome === 'refused') throw rejected(result.rejection);
    return result.position;
  }

  /** All of them or none; where another one comes between, those that were asked for already are withdrawn. */
  async askAll(commands: readonly (readonly [projection: string, command: ProjectionCommand])[]): Promise<Position> {
    for (const [projection, command] of commands) {
      const decision = projectionDecider.decide(command, await this.stateOf(projection));
      if (isRejection(decision)) throw rejected(decision);
    }
    let position: Position = '';
    for (const [at, [projection, command]] of commands.entries()) {
      try {
        position = await this.ask(projection, command);
      } catch (error) {
        for (const [earlier, { id, actor, at: when }] of commands.slice(0, at)) {
          const failure = { type: 'RecordFailure' as const, operationId: id, rejection: 'RebuildUnderWay', error: `Withdrawn: ${projection}, asked for with it, is under way already.` };
          await this.ask(earlier, { ...failure, id: uuidOf(`withdraw/${id}`), actor, at: when });
        }
        throw error;
      }
    }
    return position;
  }

  /** Newest first: what is pending and what has ended. */
  async operations(projection: string): Promise<OperationRecord[]> {
    const { pending, ended } = await this.stateOf(projection);
    const over = ended.map((operation): OperationRecord => ({ ...operation, state: operation.error === null ? 'DONE' : 'FAILED' }));
    return [...over, ...pending.map((operation): OperationRecord => ({ ...operation, state: 'PENDING' }))].reverse();
  }

  /** Until the operation is over, or some seconds. Throws what it was refused with. */
  async over(projection: string, operationId: string): Promise<void> {
    const ended = await this.until(async () => {
      const state = await this.stateOf(projection);
      return state.ended.find((operation) => operation.operationId === operationId);
    });
    if (ended === undefined || ended.error === null) return;
    throw ended.rejection === null ? unavailable(`The operation has failed: ${ended.error}`) : rejected({ rejection: ended.rejection, message: ended.error });
  }

  /** Until the statuses show each of them, or some seconds; what was refused meanwhile is thrown. */
  async begun(operations: ReadonlyMap<string, string>): Promise<void> {
    await this.until(async () => {
      const statuses = await this.orderTrail.monitor.statuses();
      for (const [projection, operationId] of operations) {
        const { pending, ended } = await this.stateOf(projection);
        const end = ended.find((operation) => operation.operationId === operationId);
        if (end?.error != null && end.rejection !== null) throw rejected({ rejection: end.rejection, message: end.error });
        const isShown = statuses.some(({ name, rebuild }) => name === projection && rebuild !== null);
        if (!isShown && pending.some((operation) => operation.operationId === operationId)) return undefined;
      }
      return true;
    });
  }

  private async stateOf(projection: string): Promise<OperationsState> {
    return (await this.orderTrail.executor.load<OperationsState>(operationsStream(projection))).state;
  }

  private async until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    const { clock, signals } = this.orderTrail;
    const over = new AbortController();
    let wake: () => void = () => undefined;
    const unsubscribe = signals.subscribe('appended', () => wake());
    try {
      for (const untilMs = Date.parse(clock.now()) + WAIT_MS_MAX; ; ) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        const found = await look();
        if (found !== undefined || Date.parse(clock.now()) >= untilMs) return found;
        await Promise.race([woken, clock.sleep(LOOK_MS, over.signal)]);
      }
    } finally {
      unsubscribe();
      over.abort();
    }
  }
}
