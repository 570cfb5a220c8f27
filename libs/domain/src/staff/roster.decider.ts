// The list of everybody who has a stream of their own, so that everybody can be read without a read model.
// Nobody is ever taken off it: who departs stays a person.
import type { Decider } from '@app/kernel';
import type { ListStaff } from './staff.commands';
import { ROSTER_EVENT_TYPES, type StaffListed } from './staff.events';

export const rosterDecider: Decider<ListStaff, StaffListed, { staffIds: readonly string[] }> = {
  category: 'roster',
  eventTypes: ROSTER_EVENT_TYPES,
  initial: { staffIds: [] },
  decide: ({ at, staffId }, { staffIds }) => (staffIds.includes(staffId) ? [] : [{ type: 'StaffListed', occurredAt: at, data: { staffId } }]),
  evolve: ({ staffIds }, { data: { staffId } }) => ({ staffIds: [...staffIds, staffId] }),
};
