// The name under which Nest hands out the opened product.
export const ORDERTRAIL = Symbol('OrderTrail');
