// Finds people for clients and shows them: the contact opened only where selected, masked for those who need not see it.
// Somebody as of a revision is folded from their stream, so a mutation's answer is the same whenever it is asked for again.
import { type Contact, type People, type Person, staffStream } from '@app/domain';
import type { Instant } from '@app/kernel';
import { staff, type StaffRow } from '@app/projections';
import type { RowQuery, SealedGroup } from '@app/runtime';
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail } from '@app/wiring';
import { Inject, Injectable } from '@nestjs/common';
import type { GraphQLResolveInfo } from 'graphql';
import { type Caller, seesPersonalData } from '../access/caller';
import { maskCustomer } from '../access/masks';
import { selectedFields } from '../graphql/selected-fields';
import type { StaffType } from './staff.types';

interface StaffView {
  withContact: boolean;
  unmasked: boolean;
  /** A delegation that is over at this instant is none. */
  now: Instant;
}

const CONTACT = ['name', 'email', 'phone'] as const;
const PAGE_ROWS = 500;

@Injectable()
export class StaffReader {
  constructor(@Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail) {}

  async byId(staffId: string): Promise<StaffRow | undefined> {
    return (await this.orderTrail.rows.get<StaffRow>(staff.name, staffId))?.row;
  }

  /** By their ids in order, of one role or all. */
  async members(role: string | null): Promise<StaffRow[]> {
    const members: StaffRow[] = [];
    const query: RowQuery = { where: role === null ? {} : { roles: role }, limit: PAGE_ROWS };
    for (let after: string | undefined; ; ) {
      const page = await this.orderTrail.rows.find<StaffRow>(staff.name, after === undefined ? query : { ...query, after });
      members.push(...page.rows.map(({ row }) => row));
      if (!page.hasMore) return members;
      after = page.rows.at(-1)?.cursor;
    }
  }

  /** Somebody and everybody to whom their work may come, however far. */
  async around(staffId: string): Promise<People> {
    const people = new Map<string, Person>();
    for (let asked = new Set([staffId]), wanted = [staffId]; wanted.length > 0; ) {
      const found = (await this.orderTrail.rows.getMany<StaffRow>(staff.name, wanted)).flatMap((stored) => (stored === undefined ? [] : [stored.row]));
      for (const row of found) people.set(row.staffId, row);
      wanted = [...new Set(found.flatMap(({ delegation, backup, supervisor }) => [delegation?.to ?? null, backup, supervisor]))].filter((one) => one !== null && !asked.has(one)) as string[];
      asked = new Set([...asked, ...wanted]);
    }
    return people;
  }

  /** As the stream tells it up to a revision. */
  async asOf(staffId: string, revision: number): Promise<StaffRow | undefined> {
    let row: StaffRow | undefined;
    for (const event of await this.orderTrail.eventStore.read(staffStream(staffId))) {
      if (event.revision > revision) break;
      row = staff.fold(row, event, staffId);
    }
    return row;
  }

  /** `prefix`: path of the person below the resolver that the query asked, with its dot. */
  view(caller: Caller, info: GraphQLResolveInfo, prefix = '', now = this.orderTrail.clock.now()): StaffView {
    const selected = selectedFields(info);
    return { withContact: CONTACT.some((field) => selected.has(prefix + field)), unmasked: seesPersonalData(caller), now };
  }

  async present(row: StaffRow, { withContact, unmasked, now }: StaffView): Promise<StaffType> {
    const { staffId, roles, supervisor, backup, active, delegation } = row;
    const opened = withContact ? await this.contactOf(row) : { name: null, email: null, phone: null };
    const { name, email, phone } = unmasked ? opened : maskCustomer(opened);
    // Without a name that can be read the id is what is left of them.
    return { staffId, name: name ?? staffId, roles, supervisor, backup, active, delegation: delegation !== null && now < delegation.until ? delegation : null, email, phone };
  }

  private async contactOf({ sealedFor, contact }: StaffRow): Promise<Contact> {
    return (await this.orderTrail.personalData.openGroup(sealedFor, contact as unknown as SealedGroup, CONTACT)) as unknown as Contact;
  }
}
