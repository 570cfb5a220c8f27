// What two logs hold, stream by stream: how many events and the digest of them, some 150 bytes a stream and none an event.
// Equal ledgers mean equal logs; one that is a beginning of the other is told from one that differs.
import { createHash } from 'node:crypto';
import type { Recorded } from '@app/kernel';
import { canonicalEvent, chainedDigest, DIGEST_BYTES } from './event-digest';

const FIRST_STREAMS = 1024;

/** What is known of one log. */
export interface LogSummary {
  events: number;
  streams: number;
  /** SHA-256 over the streams sorted by name, each with the number and the digest of its events; hex. */
  hash: string;
}

export class StreamLedger {
  private readonly places = new Map<string, number>();
  readonly source = new LedgerSide(this.places);
  readonly target = new LedgerSide(this.places);

  /** The stream that is the first by name among those that are not equal. */
  firstDifference(): string | undefined {
    let first: string | undefined;
    for (const stream of this.places.keys()) {
      if ((first === undefined || stream < first) && !this.isEqual(stream)) first = stream;
    }
    return first;
  }

  /** A stream of which the target holds more than the source. */
  longerInTarget(): string | undefined {
    for (const stream of this.places.keys()) if (this.target.count(stream) > this.source.count(stream)) return stream;
    return undefined;
  }

  private isEqual(stream: string): boolean {
    return this.source.count(stream) === this.target.count(stream) && this.source.digest(stream).equals(this.target.digest(stream));
  }
}

class LedgerSide {
  private counts = new Uint32Array(FIRST_STREAMS);
  private digests = Buffer.alloc(FIRST_STREAMS * DIGEST_BYTES);
  events = 0;
  streams = 0;

  constructor(private readonly places: Map<string, number>) {}

  /** The next event of its stream; answers its size as text in bytes. Throws where one is missing before it. */
  add(event: Recorded): number {
    const place = this.place(event.stream);
    const count = this.counts[place]!;
    if (event.revision !== count) {
      throw new Error(`The stream ${event.stream} goes from revision ${count - 1} to ${event.revision}: what lay between cannot be read, so the log cannot be copied whole. Was something deleted with the server's own tools?`);
    }
    const text = canonicalEvent(event);
    const digest = this.digests.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES);
    digest.set(chainedDigest(digest, text));
    if (count === 0) this.streams += 1;
    this.counts[place] = count + 1;
    this.events += 1;
    return Buffer.byteLength(text);
  }

  /** Events of a stream. */
  count(stream: string): number {
    return this.counts[this.places.get(stream) ?? this.counts.length] ?? 0;
  }

  digest(stream: string): Buffer {
    const place = this.places.get(stream);
    return place === undefined || place >= this.counts.length ? Buffer.alloc(DIGEST_BYTES) : this.digests.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES);
  }

  clear(): void {
    this.counts.fill(0);
    this.digests.fill(0);
    this.events = 0;
    this.streams = 0;
  }

  summary(): LogSummary {
    const all = createHash('sha256');
    for (const stream of [...this.places.keys()].sort()) {
      const count = this.count(stream);
      if (count > 0) all.update(`${JSON.stringify(stream)} ${count} ${this.digest(stream).toString('hex')}\n`);
    }
    return { events: this.events, streams: this.streams, hash: all.digest('hex') };
  }

  private place(stream: string): number {
    let place = this.places.get(stream);
    if (place === undefined) this.places.set(stream, (place = this.places.size));
    while (place >= this.counts.length) {
      const [counts, digests] = [this.counts, this.digests];
      this.counts = new Uint32Array(counts.length * 2);
      this.counts.set(counts);
      this.digests = Buffer.alloc(digests.length * 2);
      this.digests.set(digests);
    }
    return place;
  }
}
