// The whole product in this process, in virtual time, on a data directory that is gone afterwards: days pass in seconds.
// People and systems act on it as they do in life, by its API, one after the other: what follows from one has happened before the
// next one acts, so that the same seed is the same log, event by event. What happened is read from that log.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recorded } from '@app/kernel';
import { SeededRandomness, VirtualClock } from '@app/runtime';
import { CATEGORIES, issueToken, openOrderTrail, type OrderTrail, readConfig, type Role } from '@app/wiring';
import { CommandFailed } from '../failure';
import { type App, createApp } from '../late-api';

/** Something that is to happen at its time. */
interface Planned {
  atMs: number;
  act: () => Promise<void> | void;
}

interface GraphqlAnswer<Data> {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: string; rejection?: string } }[];
}

const TOKEN_SECONDS = 400 * 86_400;
/** So often nothing must be under way in a row. */
const QUIET_TURNS = 4;
/** So often, at such pauses by the wall clock, nobody more must have gone to sleep after the start: turns alone pass faster than a disk answers. */
const STARTED_LOOKS = 30;
const STARTED_PAUSE_MS = 10;

export class Company {
  /** Every event so far, in the order of the log. */
  readonly journal: Recorded[] = [];
  /** The next one last; of two at the same time the one planned first comes first. */
  private readonly planned: Planned[] = [];
  private readonly tokens = new Map<string, string>();
  private readonly closing = new AbortController();
  private readonly listeners: ((event: Recorded) => void)[] = [];
  /** Loops that sleep when there is nothing to do. */
  private idlers = 0;
  private following: Promise<void> = Promise.resolve();

  private constructor(
    private readonly directory: string,
    private readonly clock: VirtualClock,
    private readonly orderTrail: OrderTrail,
    private readonly app: App,
  ) {}

  static async open(options: { seed: number; startMs: number }): Promise<Company> {
    const directory = mkdtempSync(join(tmpdir(), 'ordertrail-demo-'));
    const clock = new VirtualClock(new Date(options.startMs).toISOString());
    try {
      const config = readConfig({ ORDERTRAIL_DATA: directory, ORDERTRAIL_LOG_LEVEL: 'fatal' });
      const orderTrail = await openOrderTrail(config, { clock, random: new SeededRandomness(options.seed), repeatable: true });
      const company = new Company(directory, clock, orderTrail, await createApp(orderTrail));
      await company.begin();
      return company;
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get nowMs(): number {
    return Date.parse(this.clock.now());
  }

  /** To happen at its time, at once if that is over. */
  at(atMs: number, act: Planned['act']): void {
    let place = this.planned.length;
    while (place > 0 && this.planned[place - 1]!.atMs <= atMs) place -= 1;
    this.planned.splice(place, 0, { atMs, act });
  }

  /** Told of every event once it is in the log. */
  onEvent(listener: (event: Recorded) => void): void {
    this.listeners.push(listener);
  }

  /** Lets time pass; `progress` is told where it is. */
  async run(untilMs: number, progress: (nowMs: number) => void = () => undefined): Promise<void> {
    for (;;) {
      const nextMs = Math.min(this.planned.at(-1)?.atMs ?? Infinity, this.clock.nextMs ?? Infinity);
      if (nextMs > untilMs) break;
      this.clock.turnTo(nextMs);
      await this.settle();
      while ((this.planned.at(-1)?.atMs ?? Infinity) <= this.nowMs) {
        await this.planned.pop()!.act();
        await this.settle();
      }
      progress(this.nowMs);
    }
    this.clock.turnTo(untilMs);
    await this.settle();
  }

  /** What somebody asks of the API; a refusal is an answer: `rejection` or code. */
  async ask<Data>(who: { sub: string; roles: readonly Role[] }, query: string, variables: Record<string, unknown> = {}): Promise<{ data: Data } | { refused: string; message: string }> {
    const response = await this.app.http.inject({
      method: 'POST',
      url: '/graphql',
      headers: { authorization: `Bearer ${await this.tokenOf(who)}`, 'content-type': 'application/json' },
      payload: JSON.stringify({ query, variables }),
    });
    await this.settle();
    const { data, errors } = JSON.parse(response.body) as GraphqlAnswer<Data>;
    if (errors === undefined && data !== undefined && data !== null) return { data };
    const { message = response.body, extensions } = errors?.[0] ?? {};
    return { refused: extensions?.rejection ?? extensions?.code ?? 'UNKNOWN', message };
  }

  /** As `ask`, where nothing may be refused. */
  async do<Data>(who: { sub: string; roles: readonly Role[] }, query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const answer = await this.ask<Data>(who, query, variables);
    if ('refused' in answer) throw new CommandFailed(`${who.sub} was refused: ${answer.message}`);
    return answer.data;
  }

  /** What a system sends. */
  async send(system: string, topic: string, items: readonly unknown[]): Promise<void> {
    const response = await this.app.http.inject({
      method: 'POST',
      url: `/intake/${system}/${topic}`,
      headers: { authorization: `Bearer ${await this.tokenOf({ sub: 'intake', roles: ['ops'] })}`, 'content-type': 'application/json' },
      payload: JSON.stringify(items),
    });
    await this.settle();
    if (response.statusCode !== 202) throw new CommandFailed(`The intake refused a delivery of ${system}: ${response.body.slice(0, 200)}`);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.app.close();
    await this.following;
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async begin(): Promise<void> {
    this.following = this.follow();
    for (let looks = 0; looks < STARTED_LOOKS; looks++) {
      await new Promise((resolve) => setTimeout(resolve, STARTED_PAUSE_MS));
      if (this.clock.sleeping > this.idlers) looks = 0;
      this.idlers = Math.max(this.idlers, this.clock.sleeping);
    }
  }

  private async follow(): Promise<void> {
    const { eventStore } = this.orderTrail;
    for await (const { events } of eventStore.subscribe({ after: eventStore.origin, categories: CATEGORIES, signal: this.closing.signal })) {
      for (const event of events) {
        this.journal.push(event);
        for (const listener of this.listeners) listener(event);
      }
    }
  }

  /** Until everything that runs by itself has nothing more to do. */
  private async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await turn();
      quiet = this.clock.sleeping >= this.idlers ? quiet + 1 : 0;
    }
  }

  private async tokenOf({ sub, roles }: { sub: string; roles: readonly Role[] }): Promise<string> {
    const name = `${sub} ${roles.join(' ')}`;
    let token = this.tokens.get(name);
    if (token === undefined) this.tokens.set(name, (token = await issueToken(this.orderTrail.secrets.tokenKey, { sub, roles }, new Date(this.nowMs), TOKEN_SECONDS)));
    return token;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
