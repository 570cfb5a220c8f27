// Instants as they are stored: RFC 3339 in UTC with milliseconds, 24 characters, so that they compare as strings.
// Durations are ISO 8601 outside and whole seconds inside.

/** `2026-01-09T02:00:00.000Z`. Always 24 characters: `a < b` as strings is `a` before `b`. */
export type Instant = string;

export function instantOf(epochMilliseconds: number): Instant {
  return new Date(epochMilliseconds).toISOString();
}

export function later(a: Instant, b: Instant): Instant {
  return a >= b ? a : b;
}

export function plusSeconds(instant: Instant, seconds: number): Instant {
  return instantOf(Date.parse(instant) + seconds * 1000);
}
