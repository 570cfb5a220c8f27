// Which SKUs a decision about an order may have to look up in the catalogue.
// Those of the content that counts and of every version that a late fact may make count again, beside the command's own.
import type { OrderCommand } from './order.commands';
import type { OrderLine } from './order.events';
import type { OrderState } from './order.state';

/** Each once. */
export function skusToCheck(command: OrderCommand, state: OrderState): string[] {
  const skus = new Set<string>();
  const add = (lines: readonly OrderLine[] | undefined): void => {
    for (const { sku } of lines ?? []) if (sku !== null) skus.add(sku);
  };
  if (command.type === 'TakeOrder') add(command.content.lines);
  for (const { changes } of state.versions) add(changes.lines);
  return [...skus];
}
