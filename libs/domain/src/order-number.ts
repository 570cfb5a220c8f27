// The one order number from order to delivery: platform code, business day, serial of the platform and day.
// Formatting and parsing are exact opposites; a serial grows past 99999 without a change of form.

/** Platforms known from the start; more by declaration of a connector. */
export const PLATFORM_NAMES: Readonly<Record<string, string>> = {
  TB: 'Taobao',
  TM: 'Tmall',
  JD: 'JD',
  DY: 'Douyin',
  PD: 'Pinduoduo',
  SF: 'Shopify',
  WS: 'Own webstore',
};

export interface OrderNumberParts {
  /** Two capitals. */
  platform: string;
  /** yyyymmdd of `placedAt` in the business time zone. */
  day: string;
  /** From 1, at least five digits when written. */
  serial: number;
}

const FORM = /^([A-Z]{2})(\d{8})(\d{5,15})$/;

/** `TB2026010900123` for {TB, 20260109, 123}. */
export function formatOrderNumber(parts: OrderNumberParts): string {
  return parts.platform + parts.day + String(parts.serial).padStart(5, '0');
}

/** The parts of a number as `formatOrderNumber` writes it; null for any other text. */
export function parseOrderNumber(text: string): OrderNumberParts | null {
  const found = FORM.exec(text);
  if (found === null) return null;
  const parts = { platform: found[1]!, day: found[2]!, serial: Number(found[3]) };
  return parts.serial > 0 && isDay(parts.day) && formatOrderNumber(parts) === text ? parts : null;
}

/** True for two capitals: the form of every platform code. */
export function isPlatformCode(text: string): boolean {
  return /^[A-Z]{2}$/.test(text);
}

function isDay(day: string): boolean {
  const month = Number(day.slice(4, 6));
  const date = Number(day.slice(6));
  return month >= 1 && month <= 12 && date >= 1 && date <= 31;
}
