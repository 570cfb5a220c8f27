// Facts that people state here stand in the log under our own name, so that every fact has a system.
// No source system said them.

export const OWN_SYSTEM = 'ordertrail';
