// What was dispatched, when, and how each parcel ended; what of it came back.
// A dispatch is never later than its delivery, and a delivery without one implies it with every line not yet dispatched.
import { later, type Instant } from '@app/kernel';
import type { LineQuantity, OrderContent, OrderLine, Shipment, ShipmentStatus } from './order.events';
import type { Moment } from './conclude-payment';
import type { AllocationFact, DispatchFact, PlacedOrder, ReturnFact, TrackingFact } from './order.state';

/** One parcel as far as it does not depend on the order's lines. */
interface Parcel {
  shipmentId: string;
  dispatch: DispatchFact | null;
  at: Instant;
  ordinal: number;
  deliveredAt: Instant | null;
  /** First report of its end. */
  ended: Moment | null;
  shown: TrackingFact | null;
}

export interface ConcludedShipments {
  shipments: Shipment[];
  shipped: Record<string, number>;
  returned: Record<string, number>;
  /** Every line is dispatched; `implied` when a delivery had to say so. */
  complete: (Moment & { implied: boolean }) | null;
  /** Every parcel that was sent by then has ended, once everything was sent; what is sent later does not take it back. */
  ended: Moment | null;
  /** As `ended`, but not before anything was delivered; null while nothing was. */
  deliveredAt: Instant | null;
  /** The whole shipped quantity came back. */
  cameBack: Moment | null;
}

const ENDED: ReadonlySet<ShipmentStatus> = new Set(['DELIVERED', 'LOST', 'RETURNED']);
const RANK: readonly ShipmentStatus[] = ['IN_TRANSIT', 'OUT_FOR_DELIVERY', 'REFUSED', 'LOST', 'DELIVERED', 'RETURNED'];
const NO_PARCELS: readonly Parcel[] = [];

/** Parcels by the instant of their dispatch, whatever the order's lines are. */
export function concludeParcels({ dispatches, tracking }: PlacedOrder): readonly Parcel[] {
  if (dispatches.length === 0 && tracking.length === 0) return NO_PARCELS;
  const parcels: Parcel[] = [];
  for (const dispatch of dispatches) {
    const parcel = parcels.find((other) => other.shipmentId === dispatch.shipmentId);
    if (parcel === undefined) {
      const { shipmentId, at, ordinal } = dispatch;
      parcels.push({ shipmentId, dispatch, at, ordinal, deliveredAt: null, ended: null, shown: null });
    } else if (outranks(dispatch, parcel.dispatch!)) {
      parcel.dispatch = dispatch;
      parcel.at = dispatch.at;
      parcel.ordinal = dispatch.ordinal;
    }
  }
  for (const report of tracking) {
    let parcel = parcels.find((other) => other.shipmentId === report.shipmentId);
    if (parcel === undefined) {
      if (!tracking.some((other) => other.shipmentId === report.shipmentId && other.status === 'DELIVERED')) continue;
      parcel = { shipmentId: report.shipmentId, dispatch: null, at: '', ordinal: -1, deliveredAt: null, ended: null, shown: null };
      parcels.push(parcel);
    }
    track(parcel, report);
  }
  for (const parcel of parcels) {
    if (parcel.deliveredAt !== null && (parcel.dispatch === null || parcel.deliveredAt < parcel.at)) parcel.at = parcel.deliveredAt;
  }
  if (parcels.length > 1) parcels.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.shipmentId < b.shipmentId ? -1 : 1));
  return parcels;
}

function outranks(a: DispatchFact, b: DispatchFact): boolean {
  return a.at !== b.at ? a.at > b.at : a.factId > b.factId;
}

function track(parcel: Parcel, report: TrackingFact): void {
  const ends = ENDED.has(report.status);
  if (ends && (parcel.ended === null || report.at < parcel.ended.at || (report.at === parcel.ended.at && report.ordinal < parcel.ended.ordinal))) {
    parcel.ended = { at: report.at, ordinal: report.ordinal };
  }
  if (report.status === 'DELIVERED' && (parcel.deliveredAt === null || report.at < parcel.deliveredAt)) {
    parcel.deliveredAt = report.at;
    if (parcel.dispatch === null) parcel.ordinal = report.ordinal;
  }
  const shown = parcel.shown;
  if (shown === null || (ends !== ENDED.has(shown.status) ? ends : report.at !== shown.at ? report.at > shown.at : RANK.indexOf(report.status) > RANK.indexOf(shown.status))) {
    parcel.shown = report;
  }
}

/** The first dispatch of all, explicit or implied. */
export function firstDispatch(parcels: readonly Parcel[]): Moment | null {
  const first = parcels[0];
  return first === undefined ? null : { at: first.at, ordinal: first.ordinal };
}

export function concludeShipments(parcels: readonly Parcel[], returns: readonly ReturnFact[], content: OrderContent): ConcludedShipments {
  const shipped: Record<string, number> = {};
  const returned: Record<string, number> = {};
  if (parcels.length === 0) return { shipments: [], shipped, returned, complete: null, ended: null, deliveredAt: null, cameBack: null };
  const shipments = shipmentsOf(parcels, content.lines);
  let complete: ConcludedShipments['complete'] = null;
  let ordinal = -1;
  let delivered: Instant | null = null;
  for (let i = 0; i < parcels.length; i += 1) {
    const parcel = parcels[i]!;
    const shipment = shipments[i]!;
    if (parcel.ordinal > ordinal) ordinal = parcel.ordinal;
    for (const { lineId, quantity } of shipment.lines) {
      if (quantity > 0 && content.lines.some((line) => line.lineId === lineId)) shipped[lineId] = (shipped[lineId] ?? 0) + quantity;
    }
    if (complete === null && covers(shipped, content.lines)) complete = { at: shipment.dispatchedAt, ordinal, implied: shipment.implied };
    if (parcel.deliveredAt !== null && (delivered === null || parcel.deliveredAt < delivered)) delivered = parcel.deliveredAt;
  }
  const ended = complete === null ? null : endOf(parcels, complete.at);
  const deliveredAt = ended === null || delivered === null ? null : later(ended.at, delivered);
  const cameBack = concludeReturns(parcels, shipments, returns, shipped, returned);
  return { shipments, shipped, returned, complete, ended, deliveredAt, cameBack };
}

/** First instant from `sentAt` on at which every parcel sent by then has ended; parcels come in the order of their dispatch. */
function endOf(parcels: readonly Parcel[], sentAt: Instant): Moment | null {
  let at = sentAt;
  let ordinal = -1;
  for (const parcel of parcels) {
    if (parcel.at > at) break;
    if (parcel.ended === null) return null;
    at = later(at, parcel.ended.at);
    ordinal = Math.max(ordinal, parcel.ended.ordinal);
  }
  return { at, ordinal };
}

/**
 * Shipments in the order of the parcels. A dispatch without lines takes what had not been sent by its instant: the first
 * takes all of it, and what is sent after it comes on top, as a second parcel for a lost one does.
 */
function shipmentsOf(parcels: readonly Parcel[], lines: readonly OrderLine[]): Shipment[] {
  const taker = firstWithoutLines(parcels);
  const rest = taker === null ? [] : unsent(parcels, lines, taker.at);
  return parcels.map((parcel) => {
    const { shipmentId, dispatch, shown } = parcel;
    return {
      shipmentId,
      warehouse: dispatch?.warehouse ?? null,
      carrier: dispatch?.carrier ?? null,
      trackingNumber: dispatch?.trackingNumber ?? null,
      status: shown?.status ?? 'DISPATCHED',
      lines: dispatch?.lines != null ? (dispatch.lines as LineQuantity[]) : parcel === taker ? rest : [],
      dispatchedAt: parcel.at,
      deliveredAt: parcel.deliveredAt,
      implied: dispatch === null,
    };
  });
}

/** At one instant a reported dispatch comes before one that only a delivery implies. */
function firstWithoutLines(parcels: readonly Parcel[]): Parcel | null {
  let first: Parcel | null = null;
  for (const parcel of parcels) {
    if (parcel.dispatch !== null && parcel.dispatch.lines !== null) continue;
    if (first === null) first = parcel;
    else if (parcel.at === first.at && first.dispatch === null && parcel.dispatch !== null) first = parcel;
  }
  return first;
}

/** What dispatches that name their lines leave at the instant. */
function unsent(parcels: readonly Parcel[], lines: readonly OrderLine[], at: Instant): LineQuantity[] {
  const left = new Map<string, number>();
  for (const line of lines) left.set(line.lineId, Math.max(0, line.quantity ?? 0));
  for (const parcel of parcels) {
    if (parcel.at > at) break;
    for (const { lineId, quantity } of parcel.dispatch?.lines ?? []) left.set(lineId, Math.max(0, (left.get(lineId) ?? 0) - quantity));
  }
  return lines.map(({ lineId }) => ({ lineId, quantity: left.get(lineId)! })).filter(({ quantity }) => quantity > 0);
}

function covers(quantities: Readonly<Record<string, number>>, lines: readonly OrderLine[]): boolean {
  for (const { lineId, quantity } of lines) if ((quantities[lineId] ?? 0) < (quantity ?? 0)) return false;
  return true;
}

/** Fills `returned`, per line at most what was shipped, and says since when all of it is back; never before the last dispatch. */
function concludeReturns(
  parcels: readonly Parcel[], shipments: readonly Shipment[], returns: readonly ReturnFact[],
  shipped: Readonly<Record<string, number>>, returned: Record<string, number>,
): Moment | null {
  const back: { at: Instant; ordinal: number; lines: readonly LineQuantity[] }[] = [...returns];
  for (let i = 0; i < parcels.length; i += 1) {
    const { shown } = parcels[i]!;
    if (shown?.status === 'RETURNED') back.push({ at: shown.at, ordinal: shown.ordinal, lines: shipments[i]!.lines });
  }
  if (back.length === 0) return null;
  back.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  let missing = 0;
  for (const lineId in shipped) missing += shipped[lineId]!;
  let ordinal = -1;
  let whole: Moment | null = null;
  for (const { at, ordinal: known, lines } of back) {
    if (known > ordinal) ordinal = known;
    for (const { lineId, quantity } of lines) {
      const before = returned[lineId] ?? 0;
      const after = Math.min(shipped[lineId] ?? 0, before + Math.max(0, quantity));
      if (after === before) continue;
      returned[lineId] = after;
      missing -= after - before;
      if (missing === 0) whole = { at, ordinal };
    }
  }
  const lastDispatch = shipments.at(-1)!.dispatchedAt;
  return whole === null || whole.at >= lastDispatch ? whole : { at: lastDispatch, ordinal: whole.ordinal };
}

/** When stock was allocated for the whole order; null while it is not. */
export function allocated(allocations: readonly AllocationFact[], content: OrderContent): Moment | null {
  if (allocations.length === 0) return null;
  const inTime = allocations.length === 1 ? allocations : [...allocations].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const quantities: Record<string, number> = {};
  let ordinal = -1;
  for (const { at, lines, ordinal: known } of inTime) {
    if (known > ordinal) ordinal = known;
    if (lines === null) return { at, ordinal };
    for (const { lineId, quantity } of lines) quantities[lineId] = (quantities[lineId] ?? 0) + quantity;
    if (covers(quantities, content.lines)) return { at, ordinal };
  }
  return null;
}
