// How far the log goes and about how many events it holds, though EventStoreDB counts neither for us.
// The end is read backwards, past what is not ours; numbers are estimated by events per byte at both ends of the log.
import { categoryOf, type Position } from '@app/kernel';
import type { EventStoreDbReads } from './eventstoredb.reads';
import { bytesUpTo, ORIGIN, positionOf } from './eventstoredb.position';

/** Of one end of the log. */
const SAMPLE_EVENTS = 500;
/** First look at the end: mostly the very last event is ours. */
const GLANCE_EVENTS = 8;
/** A sample is good until the log has grown by this factor. */
const GROWTH_MAX = 1.25;

interface Sample {
  /** Of all sampled events; a log that is sampled whole is counted exactly. */
  places: readonly { position: Position; category: string }[];
  whole: boolean;
  /** Bytes of the log that the sampled events take. */
  bytes: number;
  end: Position;
}

/** Back from the end of the log as it was. */
interface Look {
  /** The last event of ours, or the known one where nothing of ours is later; undefined: not met. */
  found: Position | undefined;
  events: number;
  end: Position;
}

export class LogFigures {
  /** Position of an event of ours that is known to be there. */
  private known = ORIGIN;
  /** The end of the log at a look that was finished: no event of ours up to here is later than the known one. */
  private looked = ORIGIN;
  /** Under way through all that others have written since the look before; settles with it, whatever comes of it. */
  private farLook: Promise<void> | undefined;
  private sample: Promise<Sample> | undefined;

  constructor(
    private readonly reads: EventStoreDbReads,
    private readonly isOurs: (stream: string) => boolean,
  ) {}

  /** What this process has had acknowledged counts at once, whichever node is asked next. */
  appended(stream: string, position: Position): void {
    if (position > this.known && this.isOurs(stream)) this.known = position;
  }

  /** Position of the last event of ours. */
  async end(): Promise<Position> {
    const glance = await this.lastOf(GLANCE_EVENTS);
    if (glance.found !== undefined || glance.events < GLANCE_EVENTS) return this.learned(glance);
    // Whoever comes while another one looks far back waits for that, and then looks no further than to where it began.
    await this.farLook;
    const look = this.lastOf(undefined).then(far => this.learned(far));
    this.farLook ??= settled(look).finally(() => (this.farLook = undefined));
    return look;
  }

  /** How far the node that answers has got. */
  async endOfNode(): Promise<Position> {
    let last = ORIGIN;
    await this.reads.all({ direction: 'backwards', maxCount: 1 }, () => undefined, ({ event }) => {
      if (event?.position !== undefined) last = positionOf(event.position);
      return false;
    });
    return last;
  }

  async countUpTo(upTo: Position, categories: readonly string[]): Promise<number> {
    if (categories.length === 0 || upTo <= ORIGIN) return 0;
    const { places, whole, bytes } = await this.sampleFor(upTo);
    const wanted = new Set(categories);
    if (whole) return places.filter(({ position, category }) => position <= upTo && wanted.has(category)).length;
    const hits = places.filter(({ category }) => wanted.has(category)).length;
    return Math.round((bytesUpTo(upTo) * hits) / Math.max(bytes, 1));
  }

  /** Looks back until an event of ours, or one before which all is known. */
  private async lastOf(maxCount: number | undefined): Promise<Look> {
    let found: Position | undefined;
    let events = 0;
    let end = ORIGIN;
    await this.reads.all(
      { direction: 'backwards', ...(maxCount === undefined ? {} : { maxCount }) },
      () => {
        events = 0;
        end = ORIGIN;
      },
      ({ event }) => {
        events += 1;
        if (event?.position === undefined) return true;
        const position = positionOf(event.position);
        if (end === ORIGIN) end = position;
        if (position <= this.known || position <= this.looked) found = this.known;
        else if (this.isOurs(event.streamId)) found = position;
        return found === undefined;
      },
    );
    return { found, events, end };
  }

  private learned({ found = ORIGIN, end }: Look): Position {
    if (found > this.known) this.known = found;
    if (end > this.looked) this.looked = end;
    return this.known;
  }

  private async sampleFor(upTo: Position): Promise<Sample> {
    const before = this.sample;
    const known = await before?.catch(() => undefined);
    const fits = known !== undefined && (known.whole ? upTo <= known.end : bytesUpTo(upTo) <= bytesUpTo(known.end) * GROWTH_MAX);
    // Another caller may have begun a new one meanwhile.
    if (!fits && this.sample === before) this.sample = this.takeSample();
    return this.sample ?? this.takeSample();
  }

  private async takeSample(): Promise<Sample> {
    const first = await this.someOf('forwards');
    const start = first.at(-1)?.position ?? ORIGIN;
    if (first.length < SAMPLE_EVENTS) return { places: first, whole: true, bytes: bytesUpTo(start), end: start };
    const last = await this.someOf('backwards');
    const end = last[0]?.position ?? start;
    const later = last.filter(({ position }) => position > start);
    const whole = later.length < last.length;
    return { places: [...first, ...later], whole, bytes: bytesUpTo(start) + bytesUpTo(end) - bytesUpTo(last.at(-1)?.position ?? end), end };
  }

  private async someOf(direction: 'forwards' | 'backwards'): Promise<{ position: Position; category: string }[]> {
    let places: { position: Position; category: string }[] = [];
    await this.reads.all({ direction, maxCount: SAMPLE_EVENTS }, () => (places = []), ({ event }) => {
      if (event?.position !== undefined) places.push({ position: positionOf(event.position), category: categoryOf(event.streamId) });
      return true;
    });
    return places;
  }
}

async function settled(look: Promise<unknown>): Promise<void> {
  await Promise.allSettled([look]);
}
