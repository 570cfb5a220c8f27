// The old way, as a model of its own: every request goes to the manager of its region, then the director, then finance,
// one after the other; whoever is away is waited for. The product cannot be made to behave so.
import { habitsOf, PEOPLE } from './people';
import type { Request } from './requests';

const REGIONS = ['ma.east', 'hu.south', 'xu.north'];
const REST_OF_CHAIN = ['wen.director', 'qian.finance'];

interface Visit {
  request: Request;
  level: number;
  /** Noticed and at work: could be taken then. */
  readyMs: number;
}

/** Milliseconds that each request waited, in the order of the requests. */
export function waitsInFixedChain(seed: number, requests: readonly Request[]): number[] {
  const habits = new Map(PEOPLE.map((person) => [person.staffId, habitsOf(person, seed)]));
  const freeMs = new Map<string, number>();
  const waits = new Map<string, number>();
  const chainOf = (request: Request): string[] => [REGIONS[requests.indexOf(request) % REGIONS.length]!, ...REST_OF_CHAIN];
  const visit = (request: Request, level: number, atMs: number): Visit => {
    const { atWork, noticeMs } = habits.get(chainOf(request)[level]!)!;
    return { request, level, readyMs: atWork(atMs + noticeMs(request)) };
  };
  let visits = requests.map((request) => visit(request, 0, request.placedMs));
  while (visits.length > 0) {
    // Whoever is ready first is served first.
    const next = visits.reduce((first, other) => (other.readyMs < first.readyMs ? other : first));
    visits = visits.filter((other) => other !== next);
    const { request, level, readyMs } = next;
    const staffId = chainOf(request)[level]!;
    const { atWork, decideMs } = habits.get(staffId)!;
    const beginsMs = atWork(Math.max(readyMs, freeMs.get(staffId) ?? 0));
    const decidedMs = beginsMs + decideMs(request);
    freeMs.set(staffId, decidedMs);
    if (level + 1 < chainOf(request).length) visits.push(visit(request, level + 1, decidedMs));
    else waits.set(request.externalId, decidedMs - request.placedMs);
  }
  return requests.map(({ externalId }) => waits.get(externalId)!);
}
