// A green channel that was confirmed is released to its last order, whoever confirmed it and went away in the middle.
// While somebody is at it the timer is put off; from then on each part that is done brings on the next.
import { type Instant, type Intent, plusSeconds, type Policy } from '@app/kernel';
import { type ContinueGreenChannel, GREEN_CHANNEL_EVENT_TYPES, greenChannelStream } from '@app/domain';

/** A confirmed set with orders left; keyed by its token. */
interface UnfinishedSet {
  token: string;
  movedAt: Instant;
}

const MOVES_WITHIN_SECONDS = 60;
const NAME = 'green-channel';
const NO_KEYS: readonly string[] = [];
const MOVES: readonly string[] = ['GreenChannelConfirmed', 'GreenChannelAdvanced', 'GreenChannelCompleted'];

export const greenChannel: Policy<UnfinishedSet> = {
  name: NAME,
  todo: {
    name: NAME,
    version: 1,
    reads: { greenchannel: Object.keys(GREEN_CHANNEL_EVENT_TYPES) },
    indexes: [],
    sharding: 'whole',
    keys: ({ type, data }) => (MOVES.includes(type) ? [(data as { token: string }).token] : NO_KEYS),
    fold(_, { type, data, meta }) {
      return type === 'GreenChannelCompleted' ? undefined : { token: (data as { token: string }).token, movedAt: meta.occurredAt };
    },
  },

  react: ({ type, meta }, row) => (row !== undefined && type === 'GreenChannelAdvanced' && meta.actor === `policy:${NAME}` ? [goOn(row)] : []),

  dueAt: ({ movedAt }) => plusSeconds(movedAt, MOVES_WITHIN_SECONDS),

  due: (row) => [{ ...goOn(row), occasion: `${row.token}@${row.movedAt}` }],
};

function goOn({ token }: UnfinishedSet): Intent {
  return { stream: greenChannelStream(token), command: { type: 'ContinueGreenChannel', token } satisfies Pick<ContinueGreenChannel, 'type' | 'token'> };
}
