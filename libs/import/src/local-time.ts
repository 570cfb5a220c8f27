// Reads platform times without offset in a declared zone; what a change of the clocks skips or repeats is read as Temporal's `compatible` does.
// Every calendar day of the zone is asked of the time zone database once: only the few days on which the clocks change cost more afterwards.
import { Temporal } from 'temporal-polyfill';
import { instantOf, type Instant } from '@app/kernel';

const DAY_MS = 86_400_000;
const DAYS_REMEMBERED = 50_000;
const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** What the letters of a declared format stand for; everything else in a format stands for itself. */
const TOKENS = { yyyy: 'year', MM: 'month', M: 'month', dd: 'day', d: 'day', HH: 'hour', H: 'hour', mm: 'minute', ss: 'second', SSS: 'millisecond' } as const;
type Part = (typeof TOKENS)[keyof typeof TOKENS];
interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
}

interface Format {
  pattern: RegExp;
  parts: Part[];
}

/** `yyyy-MM-dd HH:mm:ss` and the like. Throws where the format does not name a day. */
function formatOf(text: string): Format {
  const parts: Part[] = [];
  const pattern = text.replaceAll(/yyyy|MM?|dd?|HH?|mm|ss|SSS|[^\w]|\w/g, token => {
    const part = TOKENS[token as keyof typeof TOKENS];
    if (part === undefined) {
      if (/[A-SU-Za-z]/.test(token)) throw new Error(`"${token}" in the time format "${text}" is not known (yyyy, MM, M, dd, d, HH, H, mm, ss, SSS)`);
      return token.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
    }
    parts.push(part);
    return token.length === 1 ? String.raw`(\d{1,2})` : String.raw`(\d{${token.length}})`;
  });
  for (const needed of ['year', 'month', 'day'] as const) {
    if (!parts.includes(needed)) throw new Error(`The time format "${text}" does not name the ${needed}`);
  }
  return { pattern: new RegExp(`^${pattern}$`), parts };
}

export class LocalTimeReader {
  private readonly formats: Format[];
  /** Offset in ms of a day on which it does not change; null where it does. Keyed by the day's number since 1970. */
  private readonly offsets = new Map<number, number | null>();

  /** `zone` is an IANA name. Throws where it or a format is not known. */
  constructor(
    private readonly zone: string,
    private readonly declared: readonly string[],
  ) {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    this.formats = declared.map(formatOf);
  }

  /** Also takes ISO 8601 with an offset, which needs no zone. Throws where the text is none of the declared formats or no day of the calendar. */
  instant(text: string): Instant {
    for (const { pattern, parts } of this.formats) {
      const match = pattern.exec(text);
      if (match === null) continue;
      const wall: Wall = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
      for (let i = 0; i < parts.length; i++) wall[parts[i] as Part] = Number(match[i + 1]);
      return this.at(wall, text);
    }
    if (WITH_OFFSET.test(text) && !Number.isNaN(Date.parse(text))) return instantOf(Date.parse(text));
    throw new Error(`"${text}" is not a time as ${this.declared.map(format => `"${format}"`).join(' or ') || 'ISO 8601 with an offset'}`);
  }

  private at(wall: Wall, text: string): Instant {
    const local = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second, wall.millisecond);
    const read = new Date(local);
    if (read.getUTCMonth() !== wall.month - 1 || read.getUTCDate() !== wall.day || read.getUTCHours() !== wall.hour || wall.minute > 59 || wall.second > 59) {
      throw new Error(`"${text}" is no day and time of the calendar`);
    }
    const offset = this.offsetOf(Math.floor(local / DAY_MS));
    return instantOf(offset === null ? this.ask(wall) : local - offset);
  }

  private offsetOf(day: number): number | null {
    const known = this.offsets.get(day);
    if (known !== undefined) return known;
    if (this.offsets.size >= DAYS_REMEMBERED) this.offsets.clear();
    // The local day lies within this span of UTC in every zone; one without a transition has one offset.
    const start = Temporal.Instant.fromEpochMilliseconds((day - 1) * DAY_MS).toZonedDateTimeISO(this.zone);
    const change = start.getTimeZoneTransition('next');
    const offset = change !== null && change.epochMilliseconds < (day + 2) * DAY_MS ? null : start.offsetNanoseconds / 1e6;
    this.offsets.set(day, offset);
    return offset;
  }

  private ask(wall: Wall): number {
    return Temporal.PlainDateTime.from(wall).toZonedDateTime(this.zone, { disambiguation: 'compatible' }).epochMilliseconds;
  }
}
