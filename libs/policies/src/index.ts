// Every policy: what is done by itself, when and why.
// One more of them is a folder of its own and a line here.
import type { Policy } from '@app/kernel';
import { holdExpiry } from './hold-expiry/hold-expiry.policy';

/** Rows of different types: the machinery looks into none of them. */
export const POLICIES: readonly Policy[] = [holdExpiry];
