// Durations counted in logarithmic buckets, so that any quantile of any number of them is known within half a per cent.
// Counts can be taken back and sketches added up, and what comes out does not depend on the order. The mapping is that of
// DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019).
import { countAt, type SparseCounts } from './sparse-counts';

/** Counts by bucket. */
export type DurationSketch = SparseCounts;

/** Greatest relative error of a quantile. */
const ACCURACY = 0.005;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
const BUCKETS_PER_E = 1 / Math.log(GAMMA);
/** Nothing lies between 0 and 1 ms: no time at all is a bucket of its own. */
const ZERO = -1;

/** Counts a duration `times` times; a negative number takes it back. */
export function countDuration(sketch: DurationSketch, milliseconds: number, times: number): void {
  const bucket = milliseconds < 1 ? ZERO : Math.ceil(Math.log(milliseconds) * BUCKETS_PER_E);
  countAt(sketch, bucket, times);
}

/** Sketches added up, to be asked for quantiles. */
export class SketchSum {
  private readonly counts: number[] = [];
  private total = 0;

  add(sketch: DurationSketch): void {
    for (let at = 0; at < sketch.length; at += 2) {
      const place = (sketch[at] as number) - ZERO;
      while (this.counts.length <= place) this.counts.push(0);
      (this.counts[place] as number) += sketch[at + 1] as number;
      this.total += sketch[at + 1] as number;
    }
  }

  /** The duration (milliseconds) that at least the share `q` of all does not exceed (nearest rank); null when there is none. */
  quantile(q: number): number | null {
    if (this.total <= 0) return null;
    const rank = Math.max(1, Math.ceil(q * this.total));
    let seen = 0;
    for (let place = 0; place < this.counts.length; place++) {
      seen += this.counts[place] as number;
      if (seen >= rank) return estimateOf(place + ZERO);
    }
    return null;
  }
}

/** The value that is equally far, in relative terms, from both ends of the bucket. */
function estimateOf(bucket: number): number {
  return bucket === ZERO ? 0 : (2 * Math.exp(bucket / BUCKETS_PER_E)) / (1 + GAMMA);
}
