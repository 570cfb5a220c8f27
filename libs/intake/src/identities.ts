// Ids that derive from what was sent: the same content for the same order has the same ids on every run and machine.
// An id says a content as a whole, never one field of it: it stays in the clear when the customer's data is erased.
import { hash } from 'node:crypto';
import type { Fact } from '@app/domain';
import type { OrderReading, SkuReading } from './reading';

const NUL = '\u0000';

/** Half of SHA-256, 32 hex digits. The separator appears in no part, as ids carry no control characters. */
function idOf(...parts: readonly string[]): string {
  return hash('sha256', parts.join(NUL), 'hex').slice(0, 32);
}

/**
 * One per order and content: the same fact by way of two systems is one ("the same content twice is one"), so the
 * system is left out. Not so for `statuses`, where what is said is what *this* system believes.
 */
export function factIdOf(stream: string, fact: Fact, system: string): string {
  return idOf('fact', stream, fact.topic === 'statuses' ? system : '', JSON.stringify(fact));
}

/** One command per fact: redelivered it is answered as before. */
export function reportCommandId(factId: string): string {
  return `report-${factId}`;
}

/**
 * Says the whole content of a delivery, as read: key order and white space of the text do not matter. Fields stand in
 * their order, separated by NUL, which none of them holds; missing ones are empty, as no given one is.
 */
export function contentIdOf(stream: string, reading: OrderReading): string {
  const { content } = reading;
  const { customer, shippingAddress: to } = content;
  let text = `${stream}${NUL}${reading.currency}${NUL}${reading.updatedAt ?? ''}${NUL}${content.shopId ?? ''}${NUL}${content.placedAt}${NUL}${content.placedBy ?? ''}${NUL}${content.paymentTerms}`;
  text += `${NUL}${customer.customerId}${NUL}${customer.tier}${NUL}${customer.name ?? ''}${NUL}${customer.phone ?? ''}${NUL}${customer.email ?? ''}`;
  text += `${NUL}${to.country ?? ''}${NUL}${to.province ?? ''}${NUL}${to.city ?? ''}${NUL}${to.district ?? ''}${NUL}${to.detail ?? ''}${NUL}${to.postcode ?? ''}`;
  for (const line of content.lines) {
    text += `${NUL}${line.lineId}${NUL}${line.sku ?? ''}${NUL}${line.title ?? ''}${NUL}${line.category ?? ''}${NUL}${line.quantity ?? ''}${NUL}${line.unitPrice ?? ''}`;
  }
  text += `${NUL}${content.freight}${NUL}${content.discount}${NUL}${content.total}`;
  return idOf('order', text);
}

/**
 * An order may come back to an earlier content, so a content alone does not say "done already": the id says what the
 * delivery was compared with. The same delivery against the same state is one command; that a delivery changes
 * nothing, the decider finds by comparing.
 */
export function takeCommandId(contentId: string, revision: number): string {
  return `take-${contentId}-${revision}`;
}

export function skuCommandId(reading: SkuReading, system: string, revision: number): string {
  return `catalogue-${idOf('sku', system, reading.sku, reading.title, reading.category, String(revision))}`;
}

/** One per system, topic and text: sent again it is the same quarantined payload. */
export function quarantineIdOf(system: string, topic: string, text: string): string {
  return idOf('quarantine', system, topic, text);
}

/** Of a command that belongs to a revision of a stream; given again at the same revision it is the same. */
export function commandIdAt(kind: string, stream: string, revision: number, detail = ''): string {
  return `${kind}-${idOf(kind, stream, String(revision), detail)}`;
}
