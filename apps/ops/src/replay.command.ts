// `ops replay ORDER [--until REVISION|INSTANT|EVENT]`: what happened to an order, event by event, and its state at a point.
// The point is inclusive; an instant counts by the time of recording: what was known here then.
import type { Command } from 'commander';
import type { Config } from '@app/wiring';
import { connect } from './connection';
import { CommandFailed, WrongUsage } from './failure';
import { ask } from './graphql-client';
import { print, printJson, table } from './print';
import type { ServerAddress } from './graphql-client';

interface Replay {
  orderNumber: string;
  state: Record<string, unknown>;
  events: { revision: number; type: string; occurredAt: string; recordedAt: string; actor: string; actorRole: string; eventId: string; changes: { path: string; before: unknown; after: unknown }[] }[];
}

const QUERY = `query($orderNumber: ID!, $until: ReplayPoint) { orderReplay(orderNumber: $orderNumber, until: $until) {
  orderNumber state events { eventId revision type occurredAt recordedAt actor actorRole changes { path before after } } } }`;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;
const ORDER_NUMBER = /^[A-Z]{2}\d{13,}$/;
const CHANGES_SHOWN_MAX = 4;
/** Said first where an event changed them; then amounts and instants; whole objects last. */
const FIRST_PATHS = ['status', 'node'];
const VALUE_WIDTH_MAX = 40;

export function addReplayCommand(program: Command, config: () => Config): void {
  program
    .command('replay')
    .description('the history of an order, and its state at a point of it')
    .argument('<order>', 'order number')
    .option('--until <point>', 'last event to take in: a revision, an instant (by the time of recording) or an event id')
    .option('--json', 'print JSON')
    .action(async (orderNumber: string, options: { until?: string; json?: boolean }) => {
      const until = options.until === undefined ? null : replayPoint(options.until);
      const connection = await connect(config(), { existing: true });
      try {
        const replay = await fetchReplay(connection, orderNumber, until);
        if (options.json === true) printJson(replay);
        else print(describeReplay(replay));
      } finally {
        await connection.close();
      }
    });
}

export async function fetchReplay(server: ServerAddress, orderNumber: string, until: object | null): Promise<Replay> {
  const { orderReplay } = await ask<{ orderReplay: Replay | null }>(server, QUERY, { orderNumber, until });
  if (orderReplay === null) {
    const hint = ORDER_NUMBER.test(orderNumber) ? '' : " An order is named by its order number, such as WS2026112000001; the platform's own number for it is not known here.";
    throw new CommandFailed(`There is no order ${orderNumber}${until === null ? '' : ' at that point (an instant counts by the time of recording)'}.${hint}`);
  }
  return orderReplay;
}

export function describeReplay({ orderNumber, state, events }: Replay): string {
  const rows = events.map(({ revision, type, occurredAt, recordedAt, actor, actorRole, changes }) => [String(revision), occurredAt, recordedAt, type, `${actor} (${actorRole})`, describeChanges(changes)]);
  const status = String(state['status'] ?? (state['standing'] as { status?: string } | undefined)?.status ?? '');
  return `${orderNumber}  ${status}\n\n${table(['rev', 'occurred at', 'recorded at', 'event', 'by', 'changed'], rows)}`;
}

function describeChanges(changes: Replay['events'][number]['changes']): string {
  const ranked = [...changes].sort((a, b) => rankOf(a) - rankOf(b));
  const shown = ranked.slice(0, CHANGES_SHOWN_MAX).map(({ path, before, after }) => (before == null ? `${path} = ${brief(after)}` : `${path}: ${brief(before)} -> ${brief(after)}`));
  return shown.join(', ') + (changes.length > CHANGES_SHOWN_MAX ? `, ${changes.length - CHANGES_SHOWN_MAX} more` : '');
}

function rankOf({ path, after }: Replay['events'][number]['changes'][number]): number {
  const first = FIRST_PATHS.indexOf(path);
  if (first >= 0) return first;
  return after !== null && typeof after === 'object' ? FIRST_PATHS.length + 1 : FIRST_PATHS.length;
}

function brief(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > VALUE_WIDTH_MAX ? `${text.slice(0, VALUE_WIDTH_MAX - 1)}…` : text;
}

function replayPoint(text: string): { revision?: number; at?: string; eventId?: string } {
  if (/^\d+$/.test(text)) return { revision: Number(text) };
  if (UUID.test(text)) return { eventId: text };
  const at = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new WrongUsage(`--until takes a revision, an RFC 3339 instant with its offset (2026-01-09T10:00:00+08:00) or an event id, not '${text}'.`);
  return { at: new Date(at).toISOString() };
}
