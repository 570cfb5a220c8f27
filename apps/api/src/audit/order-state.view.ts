// The state of an order as people read it: where it stands on top, amounts as decimals, instants as they are.
// Everything folded is there; nothing is looked up beside the events.
import { decimalOf, type OrderState } from '@app/domain';

const AMOUNTS = new Set(['total', 'freight', 'discount', 'unitPrice', 'amount', 'paid', 'refunded', 'settled']);
/** What the fold keeps for its own use only. */
const INTERNAL = new Set(['ordinal', 'placedOrdinal', 'factIds']);

export function orderStateView(state: OrderState): Record<string, unknown> {
  const { identity, standing, holds, ...rest } = state;
  const currency = identity?.currency ?? 'CNY';
  return readable({ ...identity, ...standing, ...rest, allHolds: holds }, currency) as Record<string, unknown>;
}

function readable(value: unknown, currency: string): unknown {
  if (Array.isArray(value)) return value.map((item) => readable(item, currency));
  if (typeof value !== 'object' || value === null) return value;
  const view: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (INTERNAL.has(key)) continue;
    view[key] = AMOUNTS.has(key) && typeof inner === 'number' ? decimalOf(inner, currency) : readable(inner, currency);
  }
  return view;
}
