// Whom a decision about somebody depends on besides: read from their own streams, never from projections, so that a command that
// begins after a departure was acknowledged sees it. What was read of a stream before is not read again.
import { peopleToRead, type PeopleRead, type Person, personAfter, ROSTER_STREAM, type StaffCommand, type StaffContext, type StaffEvent, type StaffListed, type StaffState, staffStream } from '@app/domain';
import type { Command } from '@app/kernel';
import { type EventStore, OneLookForMany } from '@app/runtime';

/** Streams of people, where everybody is read. */
const READS_AT_ONCE = 200;

interface PersonRead {
  person: Person;
  revision: number;
}

export class PeopleContext {
  private readonly known = new Map<string, PersonRead>();
  private roster: readonly string[] = [];
  private readonly look = new OneLookForMany(() => this.readEverybody());

  constructor(private readonly store: Pick<EventStore, 'read'>) {}

  /** Adds the people that a command for somebody's record is decided by. */
  async prepare(command: Command, state: unknown): Promise<Command> {
    const people = new Map<string, PersonRead | null>();
    for (;;) {
      const wanted = peopleToRead(command as StaffCommand, state as StaffState, people satisfies PeopleRead);
      const missing = wanted.filter((staffId) => !people.has(staffId));
      if (missing.length === 0) return Object.assign(command, { context: { people } satisfies StaffContext });
      for (const [index, found] of (await Promise.all(missing.map((staffId) => this.read(staffId)))).entries()) people.set(missing[index]!, found);
    }
  }

  /** Adds everybody to a command that is decided by all of them. */
  async withEverybody(command: Command): Promise<Command> {
    return Object.assign(command, { context: { people: await this.everybody() } satisfies StaffContext });
  }

  /** Everybody who is or was registered, as of now. Those who ask at the same time share a look. */
  everybody(): Promise<PeopleRead> {
    return this.look.look();
  }

  private async readEverybody(): Promise<PeopleRead> {
    const people = new Map<string, PersonRead>();
    const staffIds = await this.listed();
    for (let i = 0; i < staffIds.length; i += READS_AT_ONCE) {
      const some = staffIds.slice(i, i + READS_AT_ONCE);
      for (const [at, found] of (await Promise.all(some.map((staffId) => this.read(staffId)))).entries()) if (found !== null) people.set(some[at]!, found);
    }
    return people;
  }

  private async read(staffId: string): Promise<PersonRead | null> {
    const before = this.known.get(staffId);
    // Folded from where this read began: another one may go on beside it.
    let person = before?.person ?? null;
    let revision = before?.revision ?? -1;
    for (const event of await this.store.read(staffStream(staffId), revision + 1)) {
      person = personAfter(person, event as unknown as StaffEvent);
      revision = event.revision;
    }
    if (person === null) return null;
    const read = { person, revision };
    if (revision > (this.known.get(staffId)?.revision ?? -1)) this.known.set(staffId, read);
    return read;
  }

  /** Of everybody who has a stream, and of some who were listed and then refused. */
  private async listed(): Promise<readonly string[]> {
    const before = this.roster;
    const newer = (await this.store.read(ROSTER_STREAM, before.length)).map((event) => (event.data as StaffListed['data']).staffId);
    const roster = newer.length === 0 ? before : [...before, ...newer];
    if (roster.length > this.roster.length) this.roster = roster;
    return roster;
  }
}
