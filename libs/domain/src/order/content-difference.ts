// Which parts of an order's content differ, each whole, as they were and as they are.
// A part is a field of the content: lines or customer change as one.
import { sameValue } from './movement';
import type { OrderContent } from './order.events';

const PARTS: readonly (keyof OrderContent)[] = [
  'shopId', 'placedAt', 'placedBy', 'paymentTerms', 'customer', 'shippingAddress', 'lines', 'freight', 'discount', 'total',
];

/** Null when nothing differs. */
export function changedParts(was: OrderContent, is: OrderContent): { was: Partial<OrderContent>; is: Partial<OrderContent> } | null {
  if (was === is) return null;
  let changed: { was: Partial<OrderContent>; is: Partial<OrderContent> } | null = null;
  for (const part of PARTS) {
    if (sameValue(was[part], is[part])) continue;
    changed ??= { was: {}, is: {} };
    (changed.was as Record<string, unknown>)[part] = was[part];
    (changed.is as Record<string, unknown>)[part] = is[part];
  }
  return changed;
}

/** The parts of `content` that `like` names. */
export function partsOf(content: OrderContent, like: Partial<OrderContent>): Partial<OrderContent> {
  const parts: Partial<OrderContent> = {};
  for (const part of PARTS) if (part in like) (parts as Record<string, unknown>)[part] = content[part];
  return parts;
}
