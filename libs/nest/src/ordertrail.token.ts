// The name under which Nest hands out the opened product.
// A file of its own, so that handlers and module can name it without naming each other.
export const ORDERTRAIL = Symbol('OrderTrail');
