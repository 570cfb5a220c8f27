// A stream of lines in, a stream of answers out, of any length in flat memory: lines are taken in batches, a few at a
// time, and answered in their order once durable. A reader that does not read never stops the intake.
import { Readable } from 'node:stream';
import type { Position } from '@app/kernel';
import type { Randomness } from '@app/runtime';
import { AnswerSpool } from './answer-spool';
import type { Intake, IntakeItem } from './intake';
import { type Line, LINE_BYTES_MAX, LineSplitter } from './line-splitter';
import { type IntakeOutcome, type Outcome, OUTCOMES, settled } from './outcomes';
import type { IntakeSource } from './quarantine';

/** What is under way lives until it is answered: more of it at once is more for the garbage collector to carry, and gains nothing. */
const BATCH_LINES_MAX = 150;
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
const IN_FLIGHT_MAX = 4;

interface NdjsonDeps {
  intake: Pick<Intake, 'begin' | 'keepUnreadable'>;
  random: Randomness;
  /** Folder for answers that wait, used by nobody else; what an earlier process left there is removed. */
  spoolFolder: string;
  /** Position before the first event of the log. */
  origin: Position;
}

export interface NdjsonRequest {
  topic: string;
  source: IntakeSource;
  /** `summary`: the last line alone. */
  answer: 'items' | 'summary';
}

/** Lines taken so far, by what became of them. */
type OutcomeCounts = Readonly<Record<Outcome, number>>;

interface NdjsonEnd {
  counts: OutcomeCounts;
  /** Everything taken is durable up to here. */
  position: Position;
  /** Why it ended before the last line: the store failed, the process ends, or the sender broke off. Null when all lines were taken. */
  error: string | null;
  /** What was thrown, for the log: it may tell of this machine what no sender needs to know. */
  cause: unknown;
}

interface NdjsonRun {
  /** NDJSON: a line for each item, the last `{complete, counts, position}`, with `error` when not complete. */
  answers: Readable;
  /** Never rejects. Resolves when nothing is in flight any more, whether the answers are read or not. */
  ended: Promise<NdjsonEnd>;
}

/** Thrown by a source of bytes that ends before its sender does, because the process ends. */
export class IntakeInterrupted extends Error {
  override readonly name = 'IntakeInterrupted';
  constructor() {
    super('The server is being stopped. Send the rest again when it answers; what was taken is a duplicate then.');
  }
}

export class NdjsonIntake {
  constructor(private readonly deps: NdjsonDeps) {
    AnswerSpool.sweep(deps.spoolFolder);
  }

  run(bytes: AsyncIterable<Buffer | string>, request: NdjsonRequest): NdjsonRun {
    const spool = new AnswerSpool(this.deps.spoolFolder, this.deps.random.uuid());
    const answers = Readable.from(spool, { objectMode: false });
    answers.once('close', () => void spool.discard());
    const ended = new Pipeline(this.deps, request, spool).run(bytes);
    return { answers, ended };
  }
}

interface Batch {
  items: IntakeItem[];
  /** Lines that are no items, with their place among the items: they are answered without being taken. */
  refused: Map<number, string>;
  lossy: Map<number, string>;
  lines: number;
  bytes: number;
}

class Pipeline {
  private batch: Batch = newBatch();
  private inFlight = 0;
  /** Batches begin one after the other, so that an order's items stay in line; so do their answers. */
  private begun: Promise<unknown> = Promise.resolve();
  private answered: Promise<void> = Promise.resolve();
  private roomMade: () => void = () => undefined;
  private readonly counts: Record<Outcome, number> = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  private position: Position;
  private failure: unknown;
  private answersLost = false;

  constructor(
    private readonly deps: NdjsonDeps,
    private readonly request: NdjsonRequest,
    private readonly spool: AnswerSpool,
  ) {
    this.position = deps.origin;
  }

  async run(bytes: AsyncIterable<Buffer | string>): Promise<NdjsonEnd> {
    const splitter = new LineSplitter();
    let brokenOff: unknown;
    try {
      for await (const chunk of bytes) {
        // A failed store ends the taking; the rest is let pass, so that a sender who reads at the end reads why.
        if (this.failure !== undefined) continue;
        await this.addAll(splitter.push(typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk));
        if (this.inFlight === 0) this.flush();
      }
      await this.addAll(splitter.end());
    } catch (error) {
      // Half a line that was on its way says nothing.
      brokenOff = error;
    }
    this.flush();
    await this.answered;
    const error = this.failure !== undefined ? 'The rest cannot be taken now. Send it again; what was taken is a duplicate then.'
      : brokenOff instanceof IntakeInterrupted ? brokenOff.message
      : brokenOff !== undefined ? 'The sender broke off.' : null;
    const end: NdjsonEnd = { counts: this.counts, position: this.position, error, cause: this.failure ?? brokenOff };
    const { counts, position } = end;
    await this.say(JSON.stringify(error === null ? { complete: true, counts, position } : { complete: false, error, counts, position }) + '\n');
    this.spool.end();
    return end;
  }

  private async addAll(lines: readonly Line[]): Promise<void> {
    for (const line of lines) {
      this.add(line);
      while (this.isFull() && this.inFlight >= IN_FLIGHT_MAX) await new Promise<void>((resolve) => (this.roomMade = resolve));
      if (this.isFull()) this.flush();
      if (this.failure !== undefined) return;
    }
  }

  private isFull(): boolean {
    return this.batch.lines >= BATCH_LINES_MAX || this.batch.bytes >= BATCH_BYTES_MAX;
  }

  private add(line: Line): void {
    const { batch } = this;
    const place = batch.lines++;
    if (line.kind === 'tooLong') {
      batch.refused.set(place, `The line has ${line.bytes} bytes; at most ${LINE_BYTES_MAX} are taken. It was not kept.`);
      return;
    }
    batch.bytes += line.bytes;
    if (line.kind === 'lossy') batch.lossy.set(place, line.text);
    else batch.items.push({ topic: this.request.topic, text: line.text });
  }

  /** Sends off what has arrived; called again whenever there is room. */
  private flush(): void {
    const { batch } = this;
    if (batch.lines === 0 || this.failure !== undefined) return;
    this.batch = newBatch();
    this.inFlight++;
    const { source, topic } = this.request;
    const begun = this.begun.then(() => this.deps.intake.begin(batch.items, source));
    this.begun = begun.catch(() => undefined);
    const kept = [...batch.lossy].map(async ([place, text]) => [place, await this.deps.intake.keepUnreadable(topic, text, NOT_UTF8, source)] as const);
    const outcomes = Promise.all([begun.then(({ outcomes: taken }) => taken), Promise.all(kept)]);
    outcomes.catch(() => undefined);
    this.answered = this.answered.then(async () => {
      try {
        const [taken, lossy] = await outcomes;
        if (this.failure === undefined) await this.answer(batch, taken, new Map(lossy));
      } catch (error) {
        this.failure ??= error;
      }
      this.inFlight--;
      this.roomMade();
      if (this.inFlight < IN_FLIGHT_MAX - 1) this.flush();
    });
  }

  private async answer(batch: Batch, taken: readonly IntakeOutcome[], lossy: ReadonlyMap<number, IntakeOutcome>): Promise<void> {
    let text = '';
    let next = 0;
    for (let place = 0; place < batch.lines; place++) {
      const refused = batch.refused.get(place);
      const outcome = lossy.get(place) ?? (refused === undefined ? taken[next++]! : settled('REFUSED', null, null, this.position, [refused]));
      this.counts[outcome.outcome]++;
      if (outcome.position > this.position) this.position = outcome.position;
      if (this.request.answer === 'items') text += JSON.stringify(outcome) + '\n';
    }
    await this.say(text);
  }

  // Answers that cannot be kept are no reason to stop taking: the reader's stream ends in the error.
  private async say(text: string): Promise<void> {
    if (this.answersLost) return;
    try {
      await this.spool.write(text);
    } catch {
      this.answersLost = true;
    }
  }
}

const NOT_UTF8 = ['It is not UTF-8. It is kept byte for byte, each shown as the Latin-1 character of its number.'];

function newBatch(): Batch {
  return { items: [], refused: new Map(), lossy: new Map(), lines: 0, bytes: 0 };
}
