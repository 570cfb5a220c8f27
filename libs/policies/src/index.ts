// Every policy: what is done by itself, when and why.
import type { Policy } from '@app/kernel';
import { holdExpiry } from './hold-expiry/hold-expiry.policy';

export { holdExpiry } from './hold-expiry/hold-expiry.policy';

/** Rows of different types: the machinery looks into none of them. */
export const POLICIES: readonly Policy[] = [holdExpiry];
