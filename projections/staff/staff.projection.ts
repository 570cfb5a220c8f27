// One row per person: roles, superior, backup, delegation, and whether they are here.
// The contact stands in it as the events have it, sealed. A delegation that is over by its dates is told so when the row is shown.
import type { Projection } from '@app/kernel';
import { type Contact, type Person, personAfter, STAFF_EVENT_TYPES, type StaffEvent } from '@app/domain';
import type { RecordedOf } from '../recorded-of';

export interface StaffRow extends Person {
  /** Sealed. */
  contact: Contact;
  /** Whose key seals the contact. */
  sealedFor: string;
}

export const staff: Projection<StaffRow> = {
  name: 'staff',
  version: 2,
  reads: { staff: Object.keys(STAFF_EVENT_TYPES) },
  indexes: [{ fields: ['roles'] }, { fields: ['supervisor'] }],
  sharding: 'whole',

  keys: event => [(event.data as StaffEvent['data']).staffId],

  fold(before, recorded) {
    const event = recorded as RecordedOf<StaffEvent>;
    const person = personAfter(before ?? null, event as unknown as StaffEvent);
    if (event.type === 'StaffRegistered') return { ...person, contact: event.data.contact, sealedFor: event.data.sealedFor };
    const { contact, sealedFor } = before!;
    return { ...person, contact: event.type === 'StaffContactChanged' ? event.data.is : contact, sealedFor };
  },
};
