// A stretch of the log in memory, as it was read: everything between two positions,
// for many who take it from there at their own pace. What is forgotten is forgotten from its beginning.
import { categoryOf, type Position, type Recorded } from '@app/kernel';
import type { EventBatch } from './ports/event-store';

/** A batch as it came, and where it ended. */
export interface Piece {
  to: Position;
  events: readonly Recorded[];
  live: boolean;
}

export class KeptPieces {
  private readonly pieces: Piece[] = [];
  /** So many are kept. */
  events = 0;

  /** `start`: what is kept begins after it. */
  constructor(public start: Position) {}

  get end(): Position {
    return this.pieces.at(-1)?.to ?? this.start;
  }

  /** Where the first piece ends; undefined: it is the only one, or there is none. */
  get endOfFirst(): Position | undefined {
    return this.pieces.length > 1 ? this.pieces[0]!.to : undefined;
  }

  take(piece: Piece): void {
    const last = this.pieces.at(-1);
    // Events of others pass by without end: they only move on what is kept already.
    if (last !== undefined && piece.events.length === 0) [last.to, last.live] = [piece.to, piece.live];
    else this.pieces.push(piece);
    this.events += piece.events.length;
  }

  /** Never the only one. */
  forgetFirst(): void {
    if (this.pieces.length < 2) return;
    const first = this.pieces.shift()!;
    this.events -= first.events.length;
    this.start = first.to;
  }

  /** What is kept after a position that is not before the start, as one batch. */
  after(at: Position, wanted: ReadonlySet<string>, batchSize: number): EventBatch {
    const events: Recorded[] = [];
    let position = at;
    for (let place = this.placeAfter(at); place < this.pieces.length; place++) {
      const piece = this.pieces[place]!;
      for (const event of piece.events) {
        if (event.position <= at || !wanted.has(categoryOf(event.stream))) continue;
        if (events.length === batchSize) return { events, position: events.at(-1)!.position, live: false };
        events.push(event);
      }
      position = piece.to;
    }
    return { events, position, live: this.pieces.at(-1)?.live ?? false };
  }

  /** The first piece that ends after a position. */
  private placeAfter(at: Position): number {
    let low = 0;
    for (let high = this.pieces.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.pieces[middle]!.to <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
