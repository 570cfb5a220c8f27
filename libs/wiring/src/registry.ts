// The table of contents: every decider, projection and policy of the product.
// One more of them is a folder of its own and a line here.
import { DECIDERS as DOMAIN_DECIDERS, ORDER_PERSONAL_DATA, QUARANTINE_PERSONAL_DATA, STAFF_PERSONAL_DATA } from '@app/domain';
import type { Policy, Projection } from '@app/kernel';
import { notificationDelivery, POLICIES as ALL_POLICIES } from '@app/policies';
import { PROJECTIONS as ALL_PROJECTIONS } from '@app/projections';
import { type AnyDecider, type PersonalDataSpecs, projectionDecider } from '@app/runtime';
import { zoneDecider } from './business-zone';
import { adoptionDecider } from './policy-adoption';

/** By the category of the streams that they own. */
export const DECIDERS: Readonly<Record<string, AnyDecider>> = {
  ...DOMAIN_DECIDERS,
  zone: zoneDecider as unknown as AnyDecider,
  adoption: adoptionDecider as unknown as AnyDecider,
  projection: projectionDecider as unknown as AnyDecider,
};
export const PROJECTIONS: readonly Projection[] = ALL_PROJECTIONS as readonly Projection[];
export const POLICIES: readonly Policy[] = ALL_POLICIES as readonly Policy[];
/** Of a process that does not stay: what is to be sent waits for one that does, since only that is sure to know mail server and gateway. */
export const STAND_IN_POLICIES: readonly Policy[] = POLICIES.filter(({ name }) => name !== notificationDelivery.name);
/** Where personal data stands, by event type. */
export const PERSONAL_DATA: PersonalDataSpecs = { ...ORDER_PERSONAL_DATA, ...QUARANTINE_PERSONAL_DATA, ...STAFF_PERSONAL_DATA };
/** Of every stream of the product. */
export const CATEGORIES: readonly string[] = [...Object.keys(DECIDERS), 'idempotency'];
