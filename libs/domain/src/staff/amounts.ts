// Amounts of delegations: decimals in major units, compared digit by digit.
// Exact: no float takes part.

const DECIMAL = /^\d+(\.\d+)?$/;

/** Above zero, and plainly written. */
export function isPositiveAmount(amount: string): boolean {
  return DECIMAL.test(amount) && /[1-9]/.test(amount);
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. Both are decimals of zero or more. */
export function compareAmounts(a: string, b: string): number {
  const decimals = Math.max(decimalsOf(a), decimalsOf(b));
  const [left, right] = [scaled(a, decimals), scaled(b, decimals)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function decimalsOf(amount: string): number {
  return amount.includes('.') ? amount.length - amount.indexOf('.') - 1 : 0;
}

function scaled(amount: string, decimals: number): bigint {
  return BigInt(amount.replace('.', '') + '0'.repeat(decimals - decimalsOf(amount)));
}
