// What goes wrong between us and a server, and when: drawn from a seed, so that a run that failed goes wrong the same way again.
// The plan knows no clock; whoever carries it out waits.
import { SeededRandomness } from '@app/runtime';
import type { Delay } from './faulty-pipe';

export type Direction = 'to-server' | 'from-server' | 'both';

export type Fault =
  /** Every connection at once. */
  | { kind: 'cut' }
  /** Each connection with this chance, 0 to 1. */
  | { kind: 'cut-some'; share: number }
  /** The next message of any connection gets half-way. */
  | { kind: 'cut-half-way'; direction: Direction }
  | { kind: 'delay'; delay: Delay }
  | { kind: 'black-hole'; direction: Direction }
  /** New connections. */
  | { kind: 'refuse' };

export interface FaultPlan {
  kinds: readonly Fault['kind'][];
  /** Between two faults, in milliseconds: at least and less than. */
  calmMs: readonly [number, number];
  /** A fault that lasts, in milliseconds: at least and less than. */
  faultMs: readonly [number, number];
}

const DIRECTIONS: readonly Direction[] = ['to-server', 'from-server', 'both'];
const LATENCY_MS_MAX = 40;
const JITTER_MS_MAX = 60;
const STALL_MS_MAX = 300;

/** Without end. */
export function* faultsOf({ kinds, calmMs, faultMs }: FaultPlan, seed: number): Generator<{ afterMs: number; lastsMs: number; fault: Fault }> {
  const random = new SeededRandomness(seed);
  const between = ([least, limit]: readonly [number, number]): number => least + random.below(Math.max(1, limit - least));
  for (;;) {
    const afterMs = between(calmMs);
    const lastsMs = between(faultMs);
    yield { afterMs, lastsMs, fault: faultOf(kinds[random.below(kinds.length)]!, random) };
  }
}

function faultOf(kind: Fault['kind'], random: SeededRandomness): Fault {
  const direction = DIRECTIONS[random.below(DIRECTIONS.length)]!;
  const tenths = 1 + random.below(9);
  switch (kind) {
    case 'cut-some':
      return { kind, share: tenths / 10 };
    case 'cut-half-way':
    case 'black-hole':
      return { kind, direction };
    case 'delay':
      return { kind, delay: { latencyMs: random.below(LATENCY_MS_MAX), jitterMs: random.below(JITTER_MS_MAX), stallShare: 0.02, stallMs: random.below(STALL_MS_MAX) } };
    case 'cut':
    case 'refuse':
      return { kind };
  }
}
