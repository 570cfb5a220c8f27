// What the other orders of a platform's business day come to, as of now: the row that says it, what this process has appended since,
// and what it is about to append. So the order that passes a threshold is found at once, however late the rows are; what other
// processes append is seen when their rows are.
import { LRUCache } from 'lru-cache';
import type { Position } from '@app/kernel';
import { turnoverChange, type TurnoverRow } from '@app/projections';
import type { CommandResult } from '@app/runtime';
import type { RowsAtHand } from './rows-at-hand';

const PROJECTION = 'platform-turnover';
/** How old a row may be. */
const FRESH_MS = 500;
const DAYS_MAX = 5_000;
/** Of one row; beyond, neighbours are taken together. */
const RECENT_MAX = 10_000;
/** After a start rows are waited for until they show the orders that were in the log then, but not for ever: 2 s. */
const CATCH_UP_LOOKS = 100;
const CATCH_UP_PAUSE_MS = 20;

interface Change {
  position: string;
  change: number;
}

interface DayTurnover {
  /** Of the row, exactly up to the position; nothing was read before the first look. */
  amount: number;
  upTo: string;
  readAtMs: number;
  looking: Promise<void> | undefined;
  /** Appended here and not in the amount yet. */
  recent: Change[];
  /** Their sum. */
  ahead: number;
  /** Of orders that are being placed, by the id of their command; and their sum. */
  placing: Map<string, number>;
  placingSum: number;
}

/** An order that is decided about. `own`: what it counts for in the sums already; `placing`: its total, when it is new. Minor units. */
interface Asking {
  key: string;
  commandId: string;
  own: number;
  placing: number | null;
}

/** What can be asked of the log. */
export interface OrdersOfLog {
  end(): Promise<Position>;
  /** Whether anything about any order stands there. */
  anyOrderBetween(after: Position, upTo: Position): Promise<boolean>;
}

export class TurnoverAtHand {
  private readonly days = new LRUCache<string, DayTurnover>({ max: DAYS_MAX });
  /** Keys of the orders that are being placed, by the id of their command. */
  private readonly placing = new Map<string, string>();
  /** Of what was in the log when this process first asked. */
  private caughtUp: Promise<void> | undefined;

  constructor(
    private readonly rows: Pick<RowsAtHand, 'asOf'>,
    private readonly log: OrdersOfLog,
    /** Milliseconds of a clock that only goes forward. */
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Minor units. Whoever asks for a new order counts for all who ask after. */
  async ofOthers({ key, commandId, own, placing }: Asking): Promise<number> {
    const day = this.dayOf(key);
    if (this.nowMs() - day.readAtMs >= FRESH_MS) await (day.looking ??= this.look(key, day));
    placed(day, commandId);
    const sum = day.amount + day.ahead + day.placingSum - own;
    if (placing !== null) {
      day.placing.set(commandId, placing);
      day.placingSum += placing;
      this.placing.set(commandId, key);
    }
    return sum;
  }

  /** The command is over: what it appended counts from now on, what it was about to append does not. */
  settled(commandId: string, result: CommandResult | undefined): void {
    const key = this.placing.get(commandId);
    if (key !== undefined) {
      this.placing.delete(commandId);
      const day = this.days.get(key);
      if (day !== undefined) placed(day, commandId);
    }
    if (result?.outcome !== 'done' || result.repeated) return;
    for (const { type, data } of result.events) {
      const found = turnoverChange(type, data);
      if (found !== undefined) this.add(found.key, { position: result.position, change: found.change });
    }
  }

  private add(key: string, change: Change): void {
    const day = this.dayOf(key);
    if (change.position <= day.upTo) return;
    day.recent.push(change);
    day.ahead += change.change;
    if (day.recent.length > RECENT_MAX) day.recent = inPairs(day.recent);
  }

  private dayOf(key: string): DayTurnover {
    let day = this.days.get(key);
    if (day === undefined) this.days.set(key, (day = { amount: 0, upTo: '', readAtMs: -Infinity, looking: undefined, recent: [], ahead: 0, placing: new Map(), placingSum: 0 }));
    return day;
  }

  /** What others and the process before this one have appended is known by the rows alone. */
  private async catchUp(): Promise<void> {
    const end = await this.log.end();
    for (let look = 0; look < CATCH_UP_LOOKS; look++) {
      const found = await this.rows.asOf(PROJECTION, []);
      if (found !== undefined && (found.upTo >= end || !(await this.log.anyOrderBetween(found.upTo, end)))) return;
      await new Promise((resolve) => setTimeout(resolve, CATCH_UP_PAUSE_MS));
    }
  }

  private async look(key: string, day: DayTurnover): Promise<void> {
    try {
      await (this.caughtUp ??= this.catchUp().catch((error: unknown) => {
        this.caughtUp = undefined;
        throw error;
      }));
      const found = await this.rows.asOf<TurnoverRow>(PROJECTION, [key]);
      // Rows that are rebuilt may be older than what is known already.
      if (found !== undefined && found.upTo >= day.upTo) {
        day.amount = found.rows[0]?.turnover ?? 0;
        day.upTo = found.upTo;
        day.recent = day.recent.filter(({ position }) => position > found.upTo);
        day.ahead = day.recent.reduce((sum, { change }) => sum + change, 0);
      }
      day.readAtMs = this.nowMs();
    } catch (error) {
      // What was read before is better than no decision; where nothing was, there is none.
      if (day.upTo === '') throw error;
    } finally {
      day.looking = undefined;
    }
  }
}

/** It counts as being placed no longer. */
function placed(day: DayTurnover, commandId: string): void {
  day.placingSum -= day.placing.get(commandId) ?? 0;
  day.placing.delete(commandId);
}

/** Counted until the later of the two is in the row. */
function inPairs(recent: readonly Change[]): Change[] {
  const pairs: Change[] = [];
  for (let i = 0; i < recent.length; i += 2) {
    const [first, second] = [recent[i]!, recent[i + 1]];
    pairs.push(second === undefined ? first : { position: first.position > second.position ? first.position : second.position, change: first.change + second.change });
  }
  return pairs;
}
