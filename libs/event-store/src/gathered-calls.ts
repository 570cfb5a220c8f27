// Questions to a server that can be asked together are: those of one turn of the event loop, and those that come while enough are under way.
// A question is never answered from before it was asked.

interface Waiting<Question, Answer> {
  question: Question;
  answer: (answer: Answer) => void;
  fail: (error: unknown) => void;
}

interface GatheredOptions {
  /** Questions of one call. */
  sizeMax: number;
  /** Calls under way. */
  atOnceMax: number;
}

export class GatheredCalls<Question, Answer> {
  private waiting: Waiting<Question, Answer>[] = [];
  private underWay = 0;
  private scheduled = false;

  /** `call` answers in the order of the questions; what it throws, all of them are told. */
  constructor(
    private readonly call: (questions: readonly Question[]) => Promise<readonly Answer[]>,
    private readonly options: GatheredOptions,
  ) {}

  ask(question: Question): Promise<Answer> {
    return new Promise((answer, fail) => {
      this.waiting.push({ question, answer, fail });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.underWay >= this.options.atOnceMax) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.waiting.length > 0 && this.underWay < this.options.atOnceMax) void this.run(this.waiting.splice(0, this.options.sizeMax));
    });
  }

  private async run(some: readonly Waiting<Question, Answer>[]): Promise<void> {
    this.underWay += 1;
    try {
      const answers = await this.call(some.map(({ question }) => question));
      for (const [at, { answer }] of some.entries()) answer(answers[at] as Answer);
    } catch (error) {
      for (const { fail } of some) fail(error);
    } finally {
      this.underWay -= 1;
      if (this.waiting.length > 0) this.schedule();
    }
  }
}
