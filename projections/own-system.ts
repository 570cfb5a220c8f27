// Facts that people state here stand under our own name: no source system said them.

export const OWN_SYSTEM = 'ordertrail';
