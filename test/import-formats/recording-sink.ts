// A sink that keeps what it is given, in order,
// and answers as told.
import type { ImportItem, ImportOutcome, ImportSink } from '@app/import';

export class RecordingSink implements ImportSink {
  readonly items: ImportItem[] = [];

  constructor(private readonly answer: (item: ImportItem, count: number) => Partial<ImportOutcome> | Promise<Partial<ImportOutcome>> = () => ({})) {}

  async take(items: readonly ImportItem[]): Promise<readonly ImportOutcome[]> {
    const outcomes: ImportOutcome[] = [];
    for (const item of items) {
      this.items.push(item);
      outcomes.push({ externalId: null, orderNumber: null, outcome: 'ACCEPTED', errors: [], ...(await this.answer(item, this.items.length)) });
    }
    return outcomes;
  }

  async close(): Promise<void> {}
}
