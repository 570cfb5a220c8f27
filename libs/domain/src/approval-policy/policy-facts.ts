// What the rules of an approval policy see: `order` and `platform`, with numbers as doubles in major units.
// Built from what is recorded, so that the same facts come out when a decision is made again.
import type { RouteInputs } from '../approval/approval.events';
import { currencyExponent } from '../money';
import type { OrderContent } from '../order/order.events';

/** A line as rules see it. What the platform did not give is empty or zero. */
export class LineFacts {
  constructor(
    readonly sku: string,
    readonly title: string,
    readonly category: string,
    readonly quantity: number,
    readonly unitPrice: number,
  ) {}
}

/** The order as rules see it. */
export class OrderFacts {
  constructor(
    readonly total: number,
    readonly discount: number,
    readonly discountRate: number,
    readonly freight: number,
    readonly tier: string,
    readonly platform: string,
    readonly currency: string,
    readonly paymentTerms: string,
    readonly customerId: string,
    readonly placedBy: string,
    readonly categories: readonly string[],
    readonly restricted: boolean,
    readonly lines: readonly LineFacts[],
  ) {}
}

/** The order's platform on the business day of `placedAt`. */
export class PlatformFacts {
  constructor(
    readonly turnoverToday: number,
    readonly turnoverThreshold: number,
  ) {}
}

export interface PolicyFacts {
  readonly order: OrderFacts;
  readonly platform: PlatformFacts;
}

/**
 * `restrictedCategories`: of the settings that `inputs` name. The discount rate is discount / sum of lines, 0 where the lines
 * cost nothing; a threshold that is not set is infinite.
 */
export function policyFacts(content: OrderContent, order: { platform: string; currency: string }, inputs: RouteInputs, restrictedCategories: readonly string[]): PolicyFacts {
  // A safe integer over a power of ten is the double nearest to the decimal, the one that a literal in a rule is.
  const unitsPerMajor = 10 ** (currencyExponent(order.currency) ?? 2);
  const lines = content.lines.map(({ sku, title, category, quantity, unitPrice }) => new LineFacts(sku ?? '', title ?? '', category ?? '', quantity ?? 0, (unitPrice ?? 0) / unitsPerMajor));
  const sumOfLines = content.lines.reduce((sum, { quantity, unitPrice }) => sum + (quantity ?? 0) * (unitPrice ?? 0), 0);
  const categories = [...new Set(lines.map(({ category }) => category))].filter((category) => category !== '');
  return {
    order: new OrderFacts(
      content.total / unitsPerMajor,
      content.discount / unitsPerMajor,
      sumOfLines > 0 ? content.discount / sumOfLines : 0,
      content.freight / unitsPerMajor,
      content.customer.tier,
      order.platform,
      order.currency,
      content.paymentTerms,
      content.customer.customerId,
      content.placedBy ?? '',
      categories,
      categories.some((category) => restrictedCategories.includes(category)),
      lines,
    ),
    platform: new PlatformFacts(Number(inputs.turnoverToday), inputs.turnoverThreshold === null ? Infinity : Number(inputs.turnoverThreshold)),
  };
}
