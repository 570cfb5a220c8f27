// What is refused is told as what it is: an operator looks where the sentence points.
import { AttemptFailed, ServerRefuses } from './eventstoredb.errors';

it.each([
  ['a mistake in what was sent', 3, 'does not take what it was sent (why). Access is not the matter'],
  ['a lack of rights', 7, 'does not give access (why)'],
  ['a lack of credentials', 16, 'does not give access (why)'],
  ['a server that is too old', 12, 'is too old'],
])('tells %s', (_, code, says) => {
  expect(new ServerRefuses('host:2113', new AttemptFailed(code, 'why', true)).message).toContain(says);
});
