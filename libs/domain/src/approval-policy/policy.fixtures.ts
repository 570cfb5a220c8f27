// The shipped policy as version 1, and facts about an order of 199.90 CNY on a day without a threshold.
// `content` and `inputs` replace parts of it.
import type { RouteInputs } from '../approval/approval.events';
import { CONTENT } from '../order/order.fixtures';
import type { OrderContent } from '../order/order.events';
import type { Person } from '../staff/person';
import type { PeopleRead } from '../staff/staff.commands';
import { policyFacts, type PolicyFacts } from './policy-facts';
import { DEFAULT_APPROVAL_POLICY } from './policy.defaults';
import type { ApprovalPolicyVersion } from './policy.events';

export const POLICY_V1: ApprovalPolicyVersion = { version: 1, publishedAt: '2026-01-01T00:00:00.000Z', publishedBy: 'system', rules: DEFAULT_APPROVAL_POLICY };

const INPUTS: RouteInputs = { turnoverToday: '199.90', turnoverThreshold: null, settingsVersion: 1 };

export function makeFacts(content: Partial<OrderContent> = {}, inputs: Partial<RouteInputs> = {}, restricted: readonly string[] = [], order = { platform: 'TB', currency: 'CNY' }): PolicyFacts {
  return policyFacts({ ...CONTENT, ...content }, order, { ...INPUTS, ...inputs }, restricted);
}

/** Here, of finance, with nobody above or beside. */
export const ANNA: Person = { staffId: 'anna', roles: ['finance'], supervisor: null, backup: null, active: true, delegation: null };

export function peopleOf(...people: readonly Person[]): PeopleRead {
  return new Map(people.map((person) => [person.staffId, { person, revision: 0 }]));
}
