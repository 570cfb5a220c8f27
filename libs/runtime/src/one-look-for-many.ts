// One look at something that changes elsewhere serves everybody who asked before it began, and nobody who asked later:
// whoever learns of a change and then asks, sees it. Under load many share a look, and at most one is under way.
export class OneLookForMany<T> {
  private next: Promise<T> | undefined;
  private underWay: Promise<unknown> = Promise.resolve();

  constructor(private readonly read: () => Promise<T>) {}

  /** What a look shows that begins after this call. */
  look(): Promise<T> {
    return (this.next ??= this.begin());
  }

  private async begin(): Promise<T> {
    // Those who ask in the same turn of the event loop come along.
    await Promise.all([this.underWay, new Promise(setImmediate)]);
    const look = this.read();
    this.underWay = look.catch(ignore);
    this.next = undefined;
    return look;
  }
}

function ignore(): void {
  // Whoever shares the look is told.
}
