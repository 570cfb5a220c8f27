// Work on many streams at once, on each in the order in which it was given, also across batches.
// At most so many streams of a batch are worked on at a time; a task that throws stops its lane, not the others.

const LANES_AT_ONCE_MAX = 1_000;

interface LaneTask {
  stream: string;
  /** It begins only when those before it are over; another one as soon as they are in line elsewhere. */
  alone: boolean;
  /** `inLine`: what comes later for the stream comes later, whenever this is over. Never called, it is in line when it is over. */
  run(inLine: () => void): Promise<void>;
}

interface Lane {
  stream: string;
  tasks: LaneTask[];
  /** What has to be over first: the same stream in an earlier batch. */
  after: Promise<void> | undefined;
  end: Promise<void>;
  over: () => void;
}

export class Lanes {
  /** The end of the last lane given for each stream that is being worked on. */
  private readonly busy = new Map<string, Promise<void>>();

  /** Puts all tasks in line at once; resolves when all are over, rejects with the first error then. */
  async run(tasks: readonly LaneTask[]): Promise<void> {
    const lanes = new Map<string, Lane>();
    for (const task of tasks) {
      const lane = lanes.get(task.stream);
      if (lane === undefined) lanes.set(task.stream, this.open(task));
      else lane.tasks.push(task);
    }
    const queue = lanes.values();
    const errors: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (const lane of queue) await this.work(lane, errors);
    };
    await Promise.all(Array.from({ length: Math.min(LANES_AT_ONCE_MAX, lanes.size) }, worker));
    if (errors.length > 0) throw errors[0];
  }

  private open(first: LaneTask): Lane {
    const { stream } = first;
    const after = this.busy.get(stream);
    let over: () => void = never;
    const end = new Promise<void>((resolve) => (over = resolve));
    this.busy.set(stream, end);
    return { stream, tasks: [first], after, end, over };
  }

  private async work(lane: Lane, errors: unknown[]): Promise<void> {
    await lane.after;
    const failed: unknown[] = [];
    let underWay: Promise<void>[] = [];
    for (const task of lane.tasks) {
      if (task.alone) {
        await Promise.all(underWay);
        underWay = [];
      }
      if (failed.length > 0) break;
      await new Promise<void>((inLine) => {
        const over = task.run(inLine).catch((error: unknown) => void failed.push(error));
        underWay.push(over);
        void over.then(inLine);
      });
    }
    await Promise.all(underWay);
    errors.push(...failed);
    lane.over();
    if (this.busy.get(lane.stream) === lane.end) this.busy.delete(lane.stream);
  }
}

function never(): void {
  throw new Error('A lane ended before it began');
}
