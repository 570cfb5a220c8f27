// What became of the orders, measured from what happened: the same measure for the old way and for ours.
// Waits are counted from the start of a review by people to its decision, or to the end of the story.

export type Happening = { atMs: number } & (
  | { kind: 'PLACED'; order: string }
  | { kind: 'REVIEW_STARTED'; order: string }
  | { kind: 'ASSIGNED'; order: string; assignee: string }
  | { kind: 'REVIEW_ENDED'; order: string; byGreenChannel: boolean }
  | { kind: 'DEPARTED'; staffId: string }
  | { kind: 'ALERT'; alert: string }
);

export interface Figures {
  orders: number;
  waitingAtEnd: number;
  /** Orders that waited for longer, whether decided by now or not. */
  waitingOver48h: number;
  longestWaitHours: number;
  /** Of the reviews that were decided; null when none was. */
  meanDecisionHours: number | null;
  /** Tasks given to somebody who had left by then. */
  assignedToDeparted: number;
  reviewed: number;
  byGreenChannel: number;
  alerts: { kind: string; at: string; beforePeak: boolean }[];
}

const HOUR = 3_600_000;
const LONG_HOURS = 48;

export function figuresOf(happenings: readonly Happening[], { peakMs, endMs }: { peakMs: number; endMs: number }): Figures {
  const started = new Map<string, number>();
  const waits: number[] = [];
  const departed = new Set<string>();
  const alerts: Figures['alerts'] = [];
  let orders = 0;
  let assignedToDeparted = 0;
  let byGreenChannel = 0;
  for (const happening of happenings) {
    const { atMs } = happening;
    switch (happening.kind) {
      case 'PLACED':
        orders += 1;
        break;
      case 'REVIEW_STARTED':
        started.set(happening.order, atMs);
        break;
      case 'ASSIGNED':
        if (departed.has(happening.assignee)) assignedToDeparted += 1;
        break;
      case 'REVIEW_ENDED': {
        const since = started.get(happening.order);
        if (since === undefined) break;
        started.delete(happening.order);
        waits.push(atMs - since);
        if (happening.byGreenChannel) byGreenChannel += 1;
        break;
      }
      case 'DEPARTED':
        departed.add(happening.staffId);
        break;
      case 'ALERT':
        alerts.push({ kind: happening.alert, at: new Date(atMs).toISOString(), beforePeak: atMs < peakMs });
        break;
      default:
        throw new Error(`${String(happening satisfies never)} has no place in the story.`);
    }
  }
  const open = [...started.values()].map((since) => endMs - since);
  const all = [...waits, ...open];
  return {
    orders,
    waitingAtEnd: open.length,
    waitingOver48h: all.filter((wait) => wait > LONG_HOURS * HOUR).length,
    longestWaitHours: rounded(all.reduce((longest, wait) => Math.max(longest, wait), 0) / HOUR),
    meanDecisionHours: waits.length === 0 ? null : rounded(waits.reduce((sum, wait) => sum + wait, 0) / waits.length / HOUR),
    assignedToDeparted,
    reviewed: all.length,
    byGreenChannel,
    alerts,
  };
}

function rounded(hours: number): number {
  return Math.round(hours * 100) / 100;
}
