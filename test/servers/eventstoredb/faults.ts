// Faults on demand, by which a server behaves as networks and machines do. Each stays until it is taken back.
// Counted from the moment it is asked for, so that a test says which append is hit.
import { randomUUID } from 'node:crypto';
import type { EventLog } from './event-log';
import { proposedJson, type ProposedEvent } from './stored-event';

/** Which appends are hit: the `at`-th from now (1 is the next one), and with `every` each `at`-th. */
interface AtAppend {
  at: number;
  every?: boolean;
}

interface CutAppends extends AtAppend {
  /** `before`: nothing is written. `after`: it is written and its answer is lost. */
  when: 'before' | 'after';
}

interface Race extends AtAppend {
  /** What the other writer appends. Default: what was to be appended, under ids of its own. */
  events?: readonly { type: string; data: unknown }[];
}

interface Delays {
  /** Before an append's answer; it is written at once. */
  appendsMs?: number;
  /** Random part on top, so that answers change places. */
  jitterMs?: number;
  /** Before a read or what a subscription sends next. */
  readsMs?: number;
}

export interface LeaderChange {
  /** How long the cluster has no leader. Default 200. */
  electionMs?: number;
  /** Whether the old leader's process is gone (`kill`, until `startNodes`) or follows from now on (`resign`). Default `kill`. */
  old?: 'kill' | 'resign';
}

/** Everything that a test can do to a server. Over the control channel each is a request of the same name. */
export interface Faults {
  /** Drops every connection now. Clients may come again at once. */
  cut(): Promise<void>;
  cutAppends(at: CutAppends): Promise<void>;
  /** Drops the connections after so many more events were sent to readers and subscribers, with `every` again and again. */
  cutReads(events: { after: number; every?: boolean }): Promise<void>;
  delay(delays: Delays): Promise<void>;
  /** Handles each append twice, as when a network repeats it. */
  duplicateAppends(): Promise<void>;
  /** Sends each event of a subscription twice. */
  duplicateEvents(): Promise<void>;
  /** Another writer gets in between. */
  race(at: Race): Promise<void>;
  /** Accepts everything and answers nothing, until `resume`. What came meanwhile is then handled, however late. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** "Server Is Not Ready" to everything, until `ready`. */
  notReady(): Promise<void>;
  ready(): Promise<void>;
  /** Only for a cluster. Resolves when there is a leader again. */
  changeLeader(change?: LeaderChange): Promise<void>;
  /** Starts the nodes that were killed, as followers. */
  startNodes(): Promise<void>;
  /** Takes back every fault. Killed nodes stay killed. */
  clear(): Promise<void>;
}

/** What an append is to suffer. */
interface AppendFault {
  cut: 'before' | 'after' | undefined;
  race: Race | undefined;
  duplicate: boolean;
}

const NO_FAULT: AppendFault = { cut: undefined, race: undefined, duplicate: false };

/** The state of the faults of one server, asked at every append and every event that is sent. */
export class FaultState {
  private cutting: (CutAppends & { counted: number }) | undefined;
  private racing: (Race & { counted: number }) | undefined;
  private duplicatingAppends = false;
  duplicatingEvents = false;
  private readCut: { after: number; every: boolean; left: number } | undefined;
  private delays: Delays = {};
  private paused: { promise: Promise<void>; resolve: () => void } | undefined;
  isNotReady = false;

  /** Undefined when nothing holds requests back, so that the usual way costs nothing. */
  get held(): Promise<void> | undefined {
    return this.paused?.promise;
  }

  cutAppends(at: CutAppends): void {
    this.cutting = { ...at, counted: 0 };
  }

  race(at: Race): void {
    this.racing = { ...at, counted: 0 };
  }

  cutReads({ after, every = false }: { after: number; every?: boolean }): void {
    this.readCut = { after, every, left: after };
  }

  delay(delays: Delays): void {
    this.delays = delays;
  }

  duplicateAppends(): void {
    this.duplicatingAppends = true;
  }

  pause(): void {
    if (this.paused !== undefined) return;
    let resolve = () => {};
    const promise = new Promise<void>((resolved) => (resolve = resolved));
    this.paused = { promise, resolve };
  }

  resume(): void {
    this.paused?.resolve();
    this.paused = undefined;
  }

  clear(): void {
    this.cutting = this.racing = this.readCut = undefined;
    this.duplicatingAppends = this.duplicatingEvents = this.isNotReady = false;
    this.delays = {};
    this.resume();
  }

  nextAppend(): AppendFault {
    if (this.cutting === undefined && this.racing === undefined && !this.duplicatingAppends) return NO_FAULT;
    const cut = hit(this.cutting) ? this.cutting!.when : undefined;
    const race = hit(this.racing) ? this.racing : undefined;
    return { cut, race, duplicate: this.duplicatingAppends };
  }

  /** Whether the connection is to be dropped before this event is sent. */
  cutsBeforeEvent(): boolean {
    const cut = this.readCut;
    if (cut === undefined || cut.left-- > 0) return false;
    if (cut.every) cut.left = cut.after;
    else this.readCut = undefined;
    return true;
  }

  /** Undefined when there is nothing to wait for. */
  appendDelay(): Promise<void> | undefined {
    const { appendsMs = 0, jitterMs = 0 } = this.delays;
    const ms = appendsMs + Math.random() * jitterMs;
    return ms > 0 ? wait(ms) : undefined;
  }

  readDelay(): Promise<void> | undefined {
    return this.delays.readsMs === undefined ? undefined : wait(this.delays.readsMs);
  }
}

/** What the other writer of a race does. */
export function raceAgainst(log: EventLog, stream: string, race: Race, events: readonly ProposedEvent[]): void {
  const others = race.events?.map(({ type, data }) => proposedJson(randomUUID(), type, data)) ?? events.map((event) => ({ ...event, id: randomUUID() }));
  log.append(stream, 'any', others);
}

function hit(fault: (AtAppend & { counted: number }) | undefined): boolean {
  if (fault === undefined) return false;
  fault.counted += 1;
  return fault.every === true ? fault.counted % fault.at === 0 : fault.counted === fault.at;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
