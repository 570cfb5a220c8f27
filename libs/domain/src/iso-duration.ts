// Durations between whole seconds inside and ISO 8601 outside, exact in both directions; one form for each length.
// Years and months have no fixed length and are refused.
const FORM = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const DAY = 86_400;

/** A limit: `PT30M`, `PT24H`, `P7D`. Days only where it is whole days and two at least, as limits are written; hours otherwise. */
export function isoDuration(seconds: number): string {
  const isDays = Math.abs(seconds) >= 2 * DAY && seconds % DAY === 0;
  return isDays ? `${seconds < 0 ? '-' : ''}P${Math.abs(seconds) / DAY}D` : elapsedDuration(seconds);
}

/** A time that was measured: hours, minutes and seconds, never days, so that `PT37H33M59S` and `PT55H4M31S` compare at a glance. Rounded to whole seconds. */
export function elapsedDuration(seconds: number): string {
  const rest = Math.abs(Math.round(seconds));
  if (rest === 0) return 'PT0S';
  const hours = Math.floor(rest / 3600);
  const minutes = Math.floor((rest % 3600) / 60);
  return `${seconds < 0 ? '-' : ''}PT${hours > 0 ? `${hours}H` : ''}${minutes > 0 ? `${minutes}M` : ''}${rest % 60 > 0 ? `${rest % 60}S` : ''}`;
}

/** Whole seconds; undefined for a duration of years, months or fractions. */
export function secondsOf(duration: string): number | undefined {
  const parts = FORM.exec(duration);
  if (parts === null || duration === 'P' || duration.endsWith('T')) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => (part === undefined ? 0 : Number(part)));
  return ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds;
}
