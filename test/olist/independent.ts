// What must come out, worked out from the CSV files alone: flat passes over arrays, an own CSV reader, an own reading of local time.
// It shares no code with the product on purpose. Cents are integers, times are milliseconds since 1970.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

interface NodeNumbers {
  completed: number;
  completedLate: number;
  /** Whole seconds; null when nothing was completed. */
  meanSeconds: number | null;
}

interface Expected {
  orders: number;
  byStatus: Record<string, number>;
  onHold: number;
  totalCents: number;
  nodes: Record<string, NodeNumbers>;
  statusOf: Record<string, string>;
}

function table(path: string): Record<string, string>[] {
  const text = gunzipSync(readFileSync(path)).toString('utf8');
  const lines: string[][] = [];
  let line: string[] = [];
  let field = '';
  let inQuotes = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (inQuotes) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') {
        field += '"';
        i++;
      } else inQuotes = false;
    } else if (c === '"') inQuotes = true;
    else if (c === ',' || c === '\n') {
      line.push(field);
      field = '';
      if (c === '\n') {
        lines.push(line);
        line = [];
      }
    } else if (c !== '\r') field += c;
  }
  if (field !== '' || line.length > 0) lines.push([...line, field]);
  const [names, ...rest] = lines;
  return rest.filter(values => values.length > 1).map(values => Object.fromEntries(names!.map((name, i) => [name, values[i] ?? ''])));
}

const clock = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/Sao_Paulo', hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
});

/** What the clock on the wall showed at an instant, as if it were UTC. */
function wallAt(ms: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of clock.formatToParts(ms)) part[type] = Number(value);
  return Date.UTC(part['year']!, part['month']! - 1, part['day']!, part['hour']!, part['minute']!, part['second']!);
}

/** Null for an empty field. Of two instants with this time on the wall the first; of none, as far after the gap as the time is into it. */
function time(local: string): number | null {
  if (local === '') return null;
  const wanted = Date.parse(`${local.replace(' ', 'T')}Z`);
  const hour = 3_600_000;
  const candidates = [2, 3, 4].map(offset => wanted + offset * hour);
  const fitting = candidates.filter(ms => wallAt(ms) === wanted);
  if (fitting.length > 0) return Math.min(...fitting);
  // In a gap the offset before it holds: three hours, as summer time begins.
  return wanted + 3 * hour;
}

function cents(decimal: string): number {
  return Math.round(Number(decimal) * 100);
}

const LIMIT_SECONDS: Record<string, number> = { PAYMENT: 30 * 60, REVIEW: 8 * 3600, ALLOCATION: 4 * 3600, OUTBOUND: 24 * 3600, DELIVERY: 7 * 86_400, SETTLEMENT: 7 * 86_400 };

export function computeIndependently(folder: string): Expected {
  const file = (name: string): Record<string, string>[] => table(`${folder}/olist_${name}_dataset.csv.gz`);
  const orders = file('orders');

  const known = new Set<string>();
  for (const product of file('products')) known.add(product['product_id']!);
  const place: Record<string, string> = {};
  for (const customer of file('customers')) place[customer['customer_id']!] = customer['customer_city'] !== '' && customer['customer_state'] !== '' ? 'whole' : 'lacking';

  const items: Record<string, number> = {};
  const goods: Record<string, number> = {};
  const strange: Record<string, boolean> = {};
  for (const item of file('order_items')) {
    const id = item['order_id']!;
    items[id] = (items[id] ?? 0) + 1;
    goods[id] = (goods[id] ?? 0) + cents(item['price']!) + cents(item['freight_value']!);
    if (!known.has(item['product_id']!)) strange[id] = true;
  }
  const rowsPaid: Record<string, number> = {};
  const money: Record<string, number> = {};
  for (const payment of file('order_payments')) {
    const id = payment['order_id']!;
    rowsPaid[id] = (rowsPaid[id] ?? 0) + 1;
    money[id] = (money[id] ?? 0) + cents(payment['payment_value']!);
  }

  const out: Expected = { orders: orders.length, byStatus: {}, onHold: 0, totalCents: 0, nodes: {}, statusOf: {} };
  const spent: Record<string, number[]> = { PAYMENT: [], REVIEW: [], ALLOCATION: [], OUTBOUND: [], DELIVERY: [], SETTLEMENT: [] };

  for (const order of orders) {
    const id = order['order_id']!;
    const placed = time(order['order_purchase_timestamp']!)!;
    const approved = time(order['order_approved_at']!);
    const carrier = time(order['order_delivered_carrier_date']!);
    const arrived = time(order['order_delivered_customer_date']!);
    const total = rowsPaid[id] === undefined ? (goods[id] ?? 0) : money[id]!;
    out.totalCents += total;

    const left = carrier === null && arrived === null ? null : Math.min(carrier ?? Infinity, arrived ?? Infinity);
    const latest = Math.max(placed, approved ?? 0, carrier ?? 0, arrived ?? 0);
    // Whoever has given the parcel away cannot cancel; the cancellation is never earlier than the other times.
    const cancelled = order['order_status'] === 'canceled' && left === null;
    const held = items[id] === undefined || strange[id] === true || place[order['customer_id']!] !== 'whole' || Math.abs((goods[id] ?? 0) - total) > 1;

    let status: string;
    let paidAt: number | null = null;
    if (total === 0) paidAt = placed;
    else if (approved !== null && rowsPaid[id] !== undefined) paidAt = Math.max(placed, approved);
    if (cancelled) {
      status = 'CANCELLED';
      if (!held && paidAt !== null && paidAt <= latest) {
        spent['PAYMENT']!.push(paidAt - placed);
        spent['REVIEW']!.push(0);
      }
    } else if (held) {
      status = 'AWAITING_PAYMENT';
      out.onHold++;
    } else if (paidAt === null) {
      status = 'AWAITING_PAYMENT';
    } else {
      spent['PAYMENT']!.push(paidAt - placed);
      spent['REVIEW']!.push(0);
      if (left === null) status = 'AWAITING_ALLOCATION';
      else {
        const gone = Math.max(paidAt, left);
        spent['ALLOCATION']!.push(gone - paidAt);
        spent['OUTBOUND']!.push(0);
        if (arrived === null) status = 'IN_TRANSIT';
        else {
          spent['DELIVERY']!.push(Math.max(gone, arrived) - gone);
          status = 'AWAITING_SETTLEMENT';
          if (total === 0) {
            spent['SETTLEMENT']!.push(0);
            status = 'SETTLED';
          }
        }
      }
    }
    out.byStatus[status] = (out.byStatus[status] ?? 0) + 1;
    out.statusOf[id] = status;
  }

  for (const [node, durations] of Object.entries(spent)) {
    let sum = 0;
    let late = 0;
    for (const ms of durations) {
      sum += ms;
      if (ms > LIMIT_SECONDS[node]! * 1000) late++;
    }
    out.nodes[node] = { completed: durations.length, completedLate: late, meanSeconds: durations.length === 0 ? null : Math.round(sum / durations.length / 1000) };
  }
  return out;
}
