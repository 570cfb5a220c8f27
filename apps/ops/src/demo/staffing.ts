// What the people of the demos are, and how HR and they themselves say so by the API.
// The same for every demo, so that all of them use the product alike.

export interface StaffRecord {
  staffId: string;
  name: string;
  roles: readonly string[];
  supervisor?: string | null;
  backup?: string | null;
}

/** Variables: a `StaffRecord`. Said again about somebody it changes what it names. */
export const REGISTER = 'mutation($staffId: ID!, $name: String!, $roles: [String!]!, $supervisor: ID, $backup: ID) { registerStaff(staffId: $staffId, name: $name, roles: $roles, supervisor: $supervisor, backup: $backup) { position } }';
export const DELEGATE = 'mutation($staffId: ID!, $to: ID!, $from: DateTime!, $until: DateTime!) { setDelegation(staffId: $staffId, to: $to, from: $from, until: $until) { position } }';
export const DEPARTED = 'mutation($staffId: ID!) { markDeparted(staffId: $staffId) { position } }';
