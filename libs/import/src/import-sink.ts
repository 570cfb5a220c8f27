// Where an import's items go: the intake of this process, or a server.
// Whoever takes them answers once they are durable, one outcome for each, in their order.
export interface ImportItem {
  topic: string;
  payload: unknown;
}

export interface ImportOutcome {
  externalId: string | null;
  orderNumber: string | null;
  /** CREATED, UPDATED, DUPLICATE, ACCEPTED, WAITING, REFUSED or QUARANTINED. */
  outcome: string;
  errors: readonly string[];
}

export interface ImportSink {
  /** Items of one order are taken in their order. Several calls may be in flight. */
  take(items: readonly ImportItem[]): Promise<readonly ImportOutcome[]>;
  /** After the last answer. */
  close(): Promise<void>;
}

/** What is needed of the intake: `source` says who sends and what the source declares. */
interface Taker<Source> {
  take(items: readonly ImportItem[], source: Source): Promise<readonly ImportOutcome[]>;
}

/** Into the intake of this process. */
export class IntakeSink<Source> implements ImportSink {
  constructor(
    private readonly intake: Taker<Source>,
    private readonly source: Source,
  ) {}

  take(items: readonly ImportItem[]): Promise<readonly ImportOutcome[]> {
    return this.intake.take(items, this.source);
  }

  async close(): Promise<void> {
    // The intake belongs to whoever opened it.
  }
}
