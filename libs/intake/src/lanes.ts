// Work on many streams at once, on each in the order in which it was given, also across batches.
// At most so many streams of a batch are worked on at a time; a task that throws stops its lane, not the others.

const LANES_AT_ONCE_MAX = 1_000;

interface Lane {
  stream: string;
  tasks: (() => Promise<void>)[];
  /** What has to be over first: the same stream in an earlier batch. */
  after: Promise<void> | undefined;
  end: Promise<void>;
  over: () => void;
}

export class Lanes {
  /** The end of the last lane given for each stream that is being worked on. */
  private readonly busy = new Map<string, Promise<void>>();

  /** Puts all tasks in line at once; resolves when all are over, rejects with the first error then. */
  async run(tasks: readonly { stream: string; run: () => Promise<void> }[]): Promise<void> {
    const lanes = new Map<string, Lane>();
    for (const { stream, run } of tasks) {
      const lane = lanes.get(stream);
      if (lane === undefined) lanes.set(stream, this.open(stream, run));
      else lane.tasks.push(run);
    }
    const queue = lanes.values();
    const errors: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (const lane of queue) await this.work(lane, errors);
    };
    await Promise.all(Array.from({ length: Math.min(LANES_AT_ONCE_MAX, lanes.size) }, worker));
    if (errors.length > 0) throw errors[0];
  }

  private open(stream: string, first: () => Promise<void>): Lane {
    const after = this.busy.get(stream);
    let over: () => void = never;
    const end = new Promise<void>((resolve) => (over = resolve));
    this.busy.set(stream, end);
    return { stream, tasks: [first], after, end, over };
  }

  private async work(lane: Lane, errors: unknown[]): Promise<void> {
    try {
      await lane.after;
      for (const task of lane.tasks) await task();
    } catch (error) {
      errors.push(error);
    } finally {
      lane.over();
      if (this.busy.get(lane.stream) === lane.end) this.busy.delete(lane.stream);
    }
  }
}

function never(): void {
  throw new Error('A lane ended before it began');
}
