// Undoes what was opened, last first, each step even if one before it failed.
// The first failure is thrown when all is undone.

export class Undo {
  private readonly steps: (() => unknown)[] = [];
  private closing: Promise<void> | undefined;

  push(step: () => unknown): void {
    this.steps.push(step);
  }

  /** The second call waits for the first. */
  readonly all = (): Promise<void> => (this.closing ??= this.run());

  private async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.steps.reverse()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
