// A log in memory for tests of the machinery: ordered, readable by stream or as a whole, live at its end.
// It grants what the port promises and nothing more.
import { categoryOf, type Position, type Recorded } from '@app/kernel';
import type { EventBatch, EventReader, ScanBatch, ScanOptions, SubscribeOptions } from '@app/runtime';
import { recorded, type RecordedParts } from './recorded';

export class MemoryLog implements EventReader {
  readonly origin = '0'.repeat(16);
  readonly events: Recorded[] = [];
  private readonly revisions = new Map<string, number>();
  private readonly waiting = new Set<() => void>();

  append(...parts: (Omit<RecordedParts, 'position' | 'revision'> & { stream: string })[]): Position {
    for (const part of parts) {
      const revision = this.revisions.get(part.stream) ?? 0;
      this.revisions.set(part.stream, revision + 1);
      this.events.push(recorded({ ...part, revision, position: this.events.length + 1 }));
    }
    for (const wake of [...this.waiting]) wake();
    return this.last();
  }

  async read(stream: string, fromRevision = 0): Promise<readonly Recorded[]> {
    return this.events.filter(event => event.stream === stream && event.revision >= fromRevision);
  }

  async *subscribe({ after = this.origin, categories, batchSize = 100, signal }: SubscribeOptions): AsyncIterable<EventBatch> {
    for (let at = after, first = true; !signal.aborted; first = false) {
      const rest = this.events.slice(Number(at));
      const events = rest.slice(0, batchSize).filter(event => categories.includes(categoryOf(event.stream)));
      const position = rest.slice(0, batchSize).at(-1)?.position ?? at;
      if (first || position > at) yield { events, position, live: position >= this.last() };
      at = position;
      if (at >= this.last() && !signal.aborted) await this.growth(signal);
    }
  }

  async *scan({ upTo, categories, after, batchSize = 100, signal }: ScanOptions): AsyncIterable<ScanBatch> {
    // Streams from the last to the first: any order is allowed, so the least convenient one is shown.
    const streams = [...this.revisions.keys()].filter(stream => categories.includes(categoryOf(stream))).reverse();
    const ordered = streams.flatMap(stream => this.events.filter(event => event.stream === stream && event.position <= upTo));
    for (let at = Number(after ?? 0); at < ordered.length && !signal?.aborted; at += batchSize) {
      yield { events: ordered.slice(at, at + batchSize), token: String(Math.min(at + batchSize, ordered.length)) };
    }
  }

  async countUpTo(upTo: Position, categories: readonly string[]): Promise<number> {
    return this.events.filter(event => event.position <= upTo && categories.includes(categoryOf(event.stream))).length;
  }

  async end(): Promise<Position> {
    return this.last();
  }

  async close(): Promise<void> {
    for (const wake of [...this.waiting]) wake();
  }

  private last(): Position {
    return this.events.at(-1)?.position ?? this.origin;
  }

  private growth(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const wake = (): void => {
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
