// Durations between whole seconds inside and ISO 8601 outside, exact in both directions.
// Years and months have no fixed length and are refused.
const FORM = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** `PT30M`, `P7D`, `PT24H`: whole days only from two days on, as the limits of nodes are written. */
export function isoDuration(seconds: number): string {
  const sign = seconds < 0 ? '-' : '';
  let rest = Math.abs(Math.round(seconds));
  if (rest === 0) return 'PT0S';
  const days = rest >= 2 * 86_400 ? Math.floor(rest / 86_400) : 0;
  rest -= days * 86_400;
  const hours = Math.floor(rest / 3600);
  const minutes = Math.floor((rest % 3600) / 60);
  const time = `${hours > 0 ? `${hours}H` : ''}${minutes > 0 ? `${minutes}M` : ''}${rest % 60 > 0 ? `${rest % 60}S` : ''}`;
  return `${sign}P${days > 0 ? `${days}D` : ''}${time === '' ? '' : `T${time}`}`;
}

/** Whole seconds; undefined for a duration of years, months or fractions. */
export function secondsOf(duration: string): number | undefined {
  const parts = FORM.exec(duration);
  if (parts === null || duration === 'P' || duration.endsWith('T')) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => (part === undefined ? 0 : Number(part)));
  return ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds;
}
