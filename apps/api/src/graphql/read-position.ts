// The position that every read model has reached, known without asking the store: what a query reflects at least.
// A lost hint leaves it behind, never ahead; waiting for a position asks the store itself.
import type { Position } from '@app/kernel';
import type { ProjectionMonitor, Signals } from '@app/runtime';

const WAIT_MS_MAX = 5_000;

export class ReadPosition {
  private readonly reached = new Map<string, Position>();
  private lowest: Position;
  private readonly unsubscribe: (() => void)[] = [];

  constructor(
    private readonly projections: readonly string[],
    private readonly monitor: Pick<ProjectionMonitor, 'positionOf' | 'waitFor'>,
    private readonly signals: Signals,
    origin: Position,
  ) {
    this.lowest = origin;
    for (const name of projections) this.reached.set(name, origin);
  }

  async start(): Promise<void> {
    this.unsubscribe.push(this.signals.subscribe('projected', ({ projection, position }) => this.note(projection, position)));
    this.unsubscribe.push(this.signals.subscribe('switched', ({ projection }) => void this.readAgain(projection)));
    await Promise.all(this.projections.map((name) => this.readAgain(name)));
  }

  close(): void {
    for (const end of this.unsubscribe.splice(0)) end();
  }

  current(): Position {
    return this.lowest;
  }

  /** True once every read model has seen the position; false when that takes longer than 5 s. */
  async waitForAll(position: Position): Promise<boolean> {
    return position <= this.lowest || this.waitFor(this.projections, position);
  }

  async waitFor(projections: readonly string[], position: Position): Promise<boolean> {
    if (projections.every((name) => (this.reached.get(name) ?? '') >= position)) return true;
    const seen = await this.monitor.waitFor(projections, position, WAIT_MS_MAX);
    if (seen) for (const name of projections) this.note(name, position);
    return seen;
  }

  private note(projection: string, position: Position): void {
    const before = this.reached.get(projection);
    if (before === undefined || before >= position) return;
    this.reached.set(projection, position);
    if (before === this.lowest) this.findLowest();
  }

  /** Rows of another table may stand earlier. */
  private async readAgain(projection: string): Promise<void> {
    const position = await this.monitor.positionOf(projection).catch(() => undefined);
    if (position === undefined || !this.reached.has(projection)) return;
    this.reached.set(projection, position);
    this.findLowest();
  }

  private findLowest(): void {
    let lowest: Position | undefined;
    for (const position of this.reached.values()) if (lowest === undefined || position < lowest) lowest = position;
    if (lowest !== undefined) this.lowest = lowest;
  }
}
