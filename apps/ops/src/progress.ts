// Progress bars on stderr, so that stdout holds nothing but results; silent where nobody watches, but for a line before what takes minutes.
// Each bar is stopped by whoever began it.
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** `total` may grow while the work is found. */
  update(done: number, total: number, note?: string): void;
  stop(): void;
}

/** A bar with the time left: `measured` by the pace of the updates, or `told` in their notes by whoever does the work. */
export function progressBar(title: string, unit: string, timeLeft: 'measured' | 'told' = 'measured'): Progress {
  if (!process.stderr.isTTY) return { update: nothing, stop: nothing };
  const bar = new SingleBar(
    { format: `${title} {bar} {percentage}% | {value}/{total} ${unit} ${timeLeft === 'measured' ? '| {eta_formatted} left ' : ''}{note}`, stream: process.stderr, hideCursor: true, clearOnComplete: false },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total, note = '') {
      if (!started) bar.start(total, done, { note });
      else {
        bar.setTotal(total);
        bar.update(done, { note });
      }
      started = true;
    },
    stop: () => bar.stop(),
  };
}

/** Said beforehand where no bar is shown, of work that takes long. */
export function unlessShown(sentence: string): void {
  if (!process.stderr.isTTY) process.stderr.write(`${sentence}\n`);
}

function nothing(): void {
  // No terminal: nobody watches.
}
