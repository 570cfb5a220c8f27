// The field checks of an order's content: what they find, in words that say where and what.
// A field that the source declares not to deliver is not missed; amounts are compared in minor units, within 0.01.
import { currencyExponent, decimalOf } from '../money';
import type { FieldCheck, OrderContent, OrderLine } from './order.events';
import type { PlacedOrder } from './order.state';

export interface CheckFailure {
  check: FieldCheck;
  /** One readable reason for each field or line. */
  failures: string[];
}

const RECEIVER: readonly { path: string; words: string; of: (content: OrderContent) => string | null }[] = [
  { path: 'customer.name', words: 'receiver name', of: ({ customer }) => customer.name },
  { path: 'customer.phone', words: 'phone', of: ({ customer }) => customer.phone },
  { path: 'shippingAddress.province', words: 'province', of: ({ shippingAddress }) => shippingAddress.province },
  { path: 'shippingAddress.city', words: 'city', of: ({ shippingAddress }) => shippingAddress.city },
  { path: 'shippingAddress.detail', words: 'address detail', of: ({ shippingAddress }) => shippingAddress.detail },
];

/**
 * What fails, in the fixed order of the checks; empty when all is well.
 * `omits`: paths that the source does not deliver. `catalogue`: which of the lines' SKUs are known, null while there is no catalogue.
 */
export function checkContent(
  content: OrderContent, currency: string, omits: readonly string[], catalogue: ReadonlySet<string> | null,
): CheckFailure[] {
  const found: CheckFailure[] = [];
  const missing = missingFields(content, omits);
  if (missing.length > 0) found.push({ check: 'DATA_INCOMPLETE', failures: missing });
  const mismatch = amountMismatch(content, currency);
  if (mismatch !== null) found.push({ check: 'AMOUNT_MISMATCH', failures: [mismatch] });
  if (catalogue !== null) {
    const unknown = content.lines.filter(({ sku }) => sku !== null && !catalogue.has(sku));
    if (unknown.length > 0) found.push({ check: 'SKU_UNKNOWN', failures: unknown.map(({ lineId, sku }) => `Line ${lineId}: SKU ${sku} is not in the catalogue.`) });
  }
  return found;
}

/** SKUs of the lines that the catalogue has, each once; null while there is no catalogue. */
export function matchedSkus(lines: readonly OrderLine[], catalogue: ReadonlySet<string> | null): string[] | null {
  if (catalogue === null) return null;
  const matched: string[] = [];
  for (const { sku } of lines) if (sku !== null && catalogue.has(sku) && !matched.includes(sku)) matched.push(sku);
  return matched;
}

/** A SKU that was not missed before is only missed when the lines changed: the catalogue may have been opened since. */
export function checksAfter(order: PlacedOrder, content: OrderContent, newLines: boolean, catalogue: ReadonlySet<string> | null): FieldCheck[] {
  const { currency, omits } = order.identity;
  const missedBefore = order.versions.at(-1)!.failedChecks.includes('SKU_UNKNOWN');
  return checkContent(content, currency, omits, newLines || missedBefore ? catalogue : null).map(({ check }) => check);
}

function missingFields(content: OrderContent, omits: readonly string[]): string[] {
  const missing: string[] = [];
  for (const { path, words, of } of RECEIVER) {
    if (isBlank(of(content)) && !omits.includes(path)) missing.push(`The ${words} is missing.`);
  }
  if (content.lines.length === 0 && !omits.includes('lines')) missing.push('The order has no lines.');
  for (const { lineId, sku, quantity, unitPrice } of content.lines) {
    if (isBlank(sku) && !omits.includes('lines.sku')) missing.push(`Line ${lineId}: the SKU is missing.`);
    if (quantity === null ? !omits.includes('lines.quantity') : quantity <= 0) missing.push(`Line ${lineId}: the quantity is not above zero.`);
    if (unitPrice === null ? !omits.includes('lines.unitPrice') : unitPrice < 0) missing.push(`Line ${lineId}: the unit price is not zero or more.`);
  }
  return missing;
}

function isBlank(text: string | null): boolean {
  return text === null || text.trim() === '';
}

/** Without lines, or without a quantity or price of one, there is no sum to compare: the missing field says it all. */
function amountMismatch({ lines, freight, discount, total }: OrderContent, currency: string): string | null {
  if (lines.length === 0) return null;
  let sum = freight - discount;
  for (const { quantity, unitPrice } of lines) {
    if (quantity === null || unitPrice === null) return null;
    sum += quantity * unitPrice;
  }
  const tolerance = Math.floor(10 ** ((currencyExponent(currency) ?? 2) - 2));
  if (Math.abs(sum - total) <= tolerance) return null;
  return `Lines + freight - discount = ${decimalOf(sum, currency)} ${currency}, but the total is ${decimalOf(total, currency)} ${currency}.`;
}
