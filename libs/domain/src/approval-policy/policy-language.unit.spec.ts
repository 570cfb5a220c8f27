// What publishing says of an expression: where it is wrong, and why, all at once where it can.
// And that every field that is declared exists in the facts, and the other way round.
import { compileExpression, POLICY_VARIABLES, problemsOfExpression } from './policy-language';
import { makeFacts } from './policy.fixtures';

test.each([
  ['true'],
  ['order.total > 5000.0'],
  ['order.total > -5.0 && order.discountRate*2.0 >= 0.1'],
  ['order.total in [1.0, 2.0]'],
  ['order.lines.exists(line, line.quantity >= 10.0 && line.sku.startsWith("TEA"))'],
  ['size(order.lines) > 3 && order.lines[1].category == "tea"'],
  ['"tea" in order.categories'],
  ['double(size(order.lines)) < order.total'],
  ['platform.turnoverToday > platform.turnoverThreshold * 0.9'],
  ['order.placedBy != "" // by somebody'],
])('%s is fine', (expression) => {
  expect(problemsOfExpression(expression)).toEqual([]);
});

const DOUBLES = 'numbers in rules are doubles: write';
test.each([
  ['', [[1, /no expression/]]],
  ['order.total >', [[14, /unexpected token: EOF/]]],
  ['order.totl > 5000.0', [[7, /no such key: totl/]]],
  ['customer.tier == "GOLD"', [[1, /unknown variable: customer/]]],
  ['order.total', [[1, /yields double.*needs a bool/]]],
  ['order.tier == 5.0', [[1, /no such overload: string == double/]]],
  ['order.total > 5', [[15, `${DOUBLES} 5.0 instead of 5`]]],
  ['order.total > 5u', [[15, `${DOUBLES} it with a decimal point instead of 5u`]]],
  ['order.total == 5', [[16, `${DOUBLES} 5.0 instead of 5`]]],
  ['5 < order.total', [[1, `${DOUBLES} 5.0 instead of 5`]]],
  ['order.total * 2 > 5.0', [[15, `${DOUBLES} 2.0 instead of 2`]]],
  ['order.total in [1, 2]', [[17, `${DOUBLES} 1.0 instead of 1`], [20, `${DOUBLES} 2.0 instead of 2`]]],
  ['order.total > -5 || order.discount < 3', [[16, `${DOUBLES} 5.0 instead of 5`], [38, `${DOUBLES} 3.0 instead of 3`]]],
  ['order.lines.exists(line, line.quantity > 9)', [[42, `${DOUBLES} 9.0 instead of 9`]]],
  ['order.tier.matches("(a+)+$")', [[1, /instead of matches/]]],
  ['order.lines.all(a, order.lines.exists(b, a.sku == b.sku))', [[20, /one at a time/]]],
  ['platform.turnoverThreshold - 1 > 0.0', [[30, `${DOUBLES} 1.0 instead of 1`]]],
])('%s is refused', (expression, problems) => {
  const found = problemsOfExpression(expression as string);
  expect(found).toEqual((problems as [number, string | RegExp][]).map(([column, cause]) => ({ column, cause: expect.stringMatching(cause) })));
});

test('expressions that differ in white space, brackets and comments are the same', () => {
  const canonical = (expression: string) => compileExpression(expression).canonical;
  expect(canonical('(order.total>5.0)')).toBe(canonical('order.total  >\n 5.00 // over'));
  expect(canonical('order.total > 5.0')).not.toBe(canonical('order.total >= 5.0'));
  expect(canonical('"5" == order.tier')).not.toBe(canonical('"6" == order.tier'));
});

test('the declared variables are those that the facts have', () => {
  const { order, platform } = makeFacts();
  const names = [...Object.keys(order).map((name) => `order.${name}`), ...Object.keys(order.lines[0]!).map((name) => `order.lines[…].${name}`), ...Object.keys(platform).map((name) => `platform.${name}`)];
  expect(POLICY_VARIABLES.map(({ name }) => name).sort()).toEqual(names.sort());
});
