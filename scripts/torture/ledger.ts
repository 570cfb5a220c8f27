// What the load sent and what the server promised: the only memory that a kill does not take.
// An acknowledged entry must be there once for ever; an entry without an answer may be there once or not at all.
import type { Message } from '../bench/generate';

export interface Entry extends Message {
  externalId: string;
  /** Type of the event that holds it in the log. An order has at most one of a type here. */
  eventType: string;
  acknowledged: boolean;
  /** Answers that said it was new; a second one would be a second event. */
  taken: number;
  /** Given with the first acknowledgement; the same for ever. */
  orderNumber: string | null;
}

/** A hold of ours, placed by a mutation under a key of its own. */
export interface HoldEntry {
  orderNumber: string;
  externalId: string;
  /** Stands nowhere else in the log. */
  reason: string;
  idempotencyKey: string;
  acknowledged: boolean;
}

export interface Answer {
  outcome: string;
  orderNumber: string | null;
  errors?: readonly string[];
}

const EVENT_TYPES: Readonly<Record<string, string>> = {
  orders: 'OrderPlaced',
  payments: 'PaymentReported',
  ALLOCATED: 'AllocationReported',
  DISPATCHED: 'ShipmentDispatched',
  tracking: 'ParcelTracked',
  settlements: 'SettlementReported',
};

export class Ledger {
  readonly entries: Entry[] = [];
  readonly holds: HoldEntry[] = [];
  readonly acknowledgedOrders: Entry[] = [];
  /** Broken promises, in words; the torture has failed once there is one. */
  readonly broken: string[] = [];
  private readonly known = new Map<string, Entry>();

  /** The entry of the message; the same message again is the same entry. */
  entryOf(message: Message): Entry {
    const externalId = String(message.payload.externalId);
    const eventType = EVENT_TYPES[message.topic === 'fulfilment' ? String(message.payload.status) : message.topic]!;
    const key = `${externalId} ${eventType}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { ...message, externalId, eventType, acknowledged: false, taken: 0, orderNumber: null };
    this.known.set(key, entry);
    this.entries.push(entry);
    return entry;
  }

  unanswered(): Entry[] {
    return this.entries.filter((entry) => !entry.acknowledged);
  }

  /** Takes the server's answer to the entry and holds it against what was promised before it was sent. */
  answer(entry: Entry, { outcome, orderNumber, errors }: Answer, wasAcknowledged: boolean): void {
    const what = `${entry.eventType} of ${entry.externalId}`;
    const isOrder = entry.topic === 'orders';
    const expected = wasAcknowledged ? ['DUPLICATE', ...(isOrder ? [] : ['WAITING'])] : isOrder ? ['CREATED', 'DUPLICATE'] : ['ACCEPTED', 'WAITING', 'DUPLICATE'];
    if (!expected.includes(outcome)) this.broken.push(`${what}: answered ${outcome} (${(errors ?? []).join('; ')}), expected ${expected.join(' or ')}`);
    if (outcome === 'CREATED' || outcome === 'ACCEPTED') entry.taken += 1;
    if (entry.taken > 1) this.broken.push(`${what}: taken as new ${entry.taken} times`);
    if (isOrder && orderNumber === null) this.broken.push(`${what}: answered without a number`);
    if (entry.orderNumber !== null && orderNumber !== null && entry.orderNumber !== orderNumber) this.broken.push(`${what}: was ${entry.orderNumber}, is ${orderNumber}`);
    if (isOrder && !entry.acknowledged) this.acknowledgedOrders.push(entry);
    entry.acknowledged = true;
    entry.orderNumber ??= orderNumber;
  }
}
