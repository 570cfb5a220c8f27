// How often something was so lately, to presume by: the latest counts most, and what is long past hardly.
// It is a guess that spares work; whoever presumes wrongly must find out and do it properly.

/** How much the latest counts. */
const LATEST_SHARE = 0.05;

export class RecentShare {
  /** `share`: from 0 to 1, what is presumed before anything is known. */
  constructor(private share: number) {}

  get value(): number {
    return this.share;
  }

  note(was: boolean): void {
    this.share += ((was ? 1 : 0) - this.share) * LATEST_SHARE;
  }
}
