// A library is published whole, once for what it says, and never with an SOP that nobody could follow.
// What ships passes its own checks.
import { given } from '@test/dsl';
import { minute, OPS } from '../order/order.fixtures';
import { DEFAULT_SOPS } from './sop.defaults';
import { publishShippedSops, type PublishSopLibrary, sopDecider } from './sop.decider';
import type { Sop } from './sop.events';

const base = { id: 'c-1', actor: OPS, at: minute(1) };
const publish = (sops: readonly Sop[]): PublishSopLibrary => ({ ...base, type: 'PublishSopLibrary', sops });
const [shipped] = DEFAULT_SOPS as [Sop];
const later: Sop = { ...shipped, resolveWithinSeconds: 7_200 };

test('what ships is version 1, and what differs the next', () => {
  given(sopDecider, []).when(publishShippedSops(base)).idempotently().then([{ type: 'SopLibraryPublished', occurredAt: minute(1), data: { version: 1, publishedAt: minute(1), publishedBy: OPS.id, sops: DEFAULT_SOPS } }]);
  given(sopDecider, []).when(publishShippedSops(base), publish([later])).idempotently().thenLike({ type: 'SopLibraryPublished', data: { version: 2, sops: [later] } });
});

test.each([
  ['twice', [shipped, shipped]],
  ['needs a title', [{ ...shipped, title: ' ' }]],
  ['needs a title', [{ ...shipped, steps: [] }]],
  ['a time to resolve', [{ ...shipped, resolveWithinSeconds: 0 }]],
])('one is refused that %s', (said, sops) => {
  given(sopDecider, []).when(publish(sops)).then({ rejection: 'SopLibraryInvalid', message: expect.stringContaining(said) as string });
});
