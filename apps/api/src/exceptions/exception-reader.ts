// Finds exception cases for clients; a look-up that misses has seen the end of the log.
// A case as of a revision is folded from its stream, so a mutation's answer is the same whenever it is asked for again.
import { exceptionStream } from '@app/domain';
import type { Instant, Recorded } from '@app/kernel';
import { type ExceptionRow, exceptions } from '@app/projections';
import type { OrderTrail } from '@app/wiring';
import type { GraphQLResolveInfo } from 'graphql';
import type { Caller } from '../access/caller';
import { type AnswerView, answerView, selects } from '../graphql/answer-view';
import type { ReadPosition } from '../graphql/read-position';
import { presentException } from './exception.presenter';
import type { ExceptionCaseType } from './exception.types';

const PAGE_ROWS = 500;

interface CaseAsOf {
  row: ExceptionRow;
  recordedAt: Instant;
}

export class ExceptionReader {
  constructor(
    private readonly orderTrail: Pick<OrderTrail, 'rows' | 'eventStore' | 'exceptions' | 'clock'>,
    private readonly readPosition: ReadPosition,
  ) {}

  async byId(exceptionId: string): Promise<ExceptionRow | undefined> {
    const found = await this.row(exceptionId);
    if (found !== undefined) return found;
    await this.readPosition.waitFor([exceptions.name], await this.orderTrail.eventStore.end());
    return this.row(exceptionId);
  }

  /** Of these orders, the oldest first. */
  async ofOrders(orderNumbers: readonly string[]): Promise<ExceptionRow[]> {
    const found: ExceptionRow[] = [];
    for (let after: string | undefined; orderNumbers.length > 0; ) {
      const query = { where: { orderNumber: orderNumbers }, sort: [{ field: 'raisedAt', direction: 'asc' as const }], limit: PAGE_ROWS };
      const page = await this.orderTrail.rows.find<ExceptionRow>(exceptions.name, after === undefined ? query : { ...query, after });
      found.push(...page.rows.map(({ row }) => row));
      if (!page.hasMore) break;
      after = page.rows.at(-1)?.cursor;
    }
    return found;
  }

  /** As they are now or, up to a position of the log, as their streams told them then; the oldest first. */
  async ofOrder(orderNumber: string, upTo?: string): Promise<ExceptionRow[]> {
    const rows = await this.ofOrders([orderNumber]);
    if (upTo === undefined) return rows;
    const then = await Promise.all(rows.map(({ exceptionId }) => this.toldBy(exceptionId, ({ position }) => position <= upTo)));
    return then.flatMap((found) => found?.row ?? []);
  }

  /** The case as its stream tells it up to a revision, and when that was recorded. */
  asOf(exceptionId: string, upTo: number): Promise<CaseAsOf | undefined> {
    return this.toldBy(exceptionId, ({ revision }) => revision <= upTo);
  }

  private async toldBy(exceptionId: string, counts: (event: Recorded) => boolean): Promise<CaseAsOf | undefined> {
    let row: ExceptionRow | undefined;
    let recordedAt = '';
    for (const event of await this.orderTrail.eventStore.read(exceptionStream(exceptionId))) {
      if (!counts(event)) break;
      row = exceptions.fold(row, event, exceptionId);
      recordedAt = event.recordedAt;
    }
    return row === undefined ? undefined : { row, recordedAt };
  }

  /** `prefix`: path of the case below the resolver that the query asked, with its dot. */
  view(caller: Caller, info: GraphQLResolveInfo, prefix = '', now = this.orderTrail.clock.now()): AnswerView {
    return answerView(caller, info, prefix, now);
  }

  async present(rows: readonly ExceptionRow[], view: AnswerView): Promise<ExceptionCaseType[]> {
    const libraries = selects(view, 'sop') ? await this.orderTrail.exceptions.libraries() : [];
    return rows.map((row) => presentException(row, view, libraries));
  }

  private async row(exceptionId: string): Promise<ExceptionRow | undefined> {
    return (await this.orderTrail.rows.get<ExceptionRow>(exceptions.name, exceptionId))?.row;
  }
}
