// Nothing of a confirmed set stays half-done.
// The one who confirmed it is left alone as long as it moves.
import { plusSeconds } from '@app/kernel';
import { given, recorded } from '@test/dsl';
import { greenChannel } from './green-channel.policy';

const AT = '2026-01-09T02:00:00.000Z';
const STREAM = 'greenchannel-t-1';
const event = (type: string, position: number, seconds: number, actor = 'wang.ops') => recorded({ stream: STREAM, type, data: { token: 't-1' }, position, revision: position, occurredAt: plusSeconds(AT, seconds), actor });
const goOn = { stream: STREAM, command: { type: 'ContinueGreenChannel', token: 't-1' } };
const previewed = event('GreenChannelPreviewed', 1, 0);
const confirmed = event('GreenChannelConfirmed', 2, 10);

test('a preview sets no timer, a confirmed set that does not move is gone on with', () => {
  given(greenChannel, [previewed]).thenNextTimer(undefined);
  given(greenChannel, [previewed, confirmed]).thenNextTimer(plusSeconds(AT, 70)).at(plusSeconds(AT, 70)).then(goOn);
});

test('as long as somebody is at it, nobody else is', () => {
  given(greenChannel, [confirmed]).when(event('GreenChannelAdvanced', 3, 40)).thenNothing().at(plusSeconds(AT, 99)).thenNothing();
});

test('once taken over it goes on at once, to the end', () => {
  const advanced = event('GreenChannelAdvanced', 3, 70, 'policy:green-channel');
  given(greenChannel, [confirmed]).when(advanced).then(goOn);
  given(greenChannel, [confirmed, advanced]).when(event('GreenChannelCompleted', 4, 71)).thenNothing().thenTodo('t-1', undefined);
});
