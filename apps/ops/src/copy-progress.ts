// A bar for each step of a copy, with rate and time left, and a signal that Ctrl-C aborts.
// The pace is that of the step: what is read, written and compared goes at different speeds.
import { CommandFailed } from './failure';
import { type Progress, progressBar } from './progress';

interface Step {
  step: string;
  done: number;
  total: number;
}

interface WatchedCopy {
  signal: AbortSignal;
  progress: (step: Step) => void;
}

const TITLES: Readonly<Record<string, string>> = {
  reading: 'reading what is there',
  comparing: 'comparing',
  copying: 'copying',
  proving: 'reading back',
  keys: 'customer keys',
};

/** Runs a copy with its bars; SIGINT and SIGTERM end it with the sentence given. */
export async function watchCopy<Result>(ended: string, copy: (watched: WatchedCopy) => Promise<Result>): Promise<Result> {
  const abort = new AbortController();
  const stop = (): void => abort.abort(new CommandFailed(ended));
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let current: { step: string; bar: Progress; sinceMs: number; first: number } | undefined;
  try {
    return await copy({
      signal: abort.signal,
      progress({ step, done, total }) {
        if (current?.step !== step) {
          current?.bar.stop();
          current = { step, bar: progressBar(TITLES[step] ?? step, step === 'keys' ? 'keys' : 'events', 'told'), sinceMs: performance.now(), first: done };
        }
        const rate = ((done - current.first) * 1000) / (performance.now() - current.sinceMs);
        current.bar.update(done, total, rate > 0 ? `| ${Math.round(rate)}/s | ${Math.ceil((total - done) / rate)} s left` : '');
      },
    });
  } finally {
    current?.bar.stop();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
