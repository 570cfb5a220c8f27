// The one order number from order to delivery: platform code, business day, serial of the platform and day.
// A serial grows past 99999 without a change of form, so no two parts ever make the same number.

interface OrderNumberParts {
  /** Two capitals. */
  platform: string;
  /** yyyymmdd of `placedAt` in the business time zone. */
  day: string;
  /** From 1, at least five digits when written. */
  serial: number;
}

/** `TB2026010900123` for {TB, 20260109, 123}. */
export function formatOrderNumber(parts: OrderNumberParts): string {
  return parts.platform + parts.day + String(parts.serial).padStart(5, '0');
}
