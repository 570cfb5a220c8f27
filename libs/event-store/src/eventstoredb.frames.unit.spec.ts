// Frames hold what the generated messages hold, whatever a server may send.
import { Empty, StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb';
import { ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { frameOf } from './eventstoredb.frames';
import { positionOfTexts } from './eventstoredb.position';

const ID = '0b5f7a2e-6f0b-4c62-9a4e-3f5d8d3d6c11';
const UINT64_MAX = '18446744073709551615';

function recorded(): ReadResp.ReadEvent.RecordedEvent {
  const event = new ReadResp.ReadEvent.RecordedEvent()
    .setId(new UUID().setString(ID))
    .setStreamIdentifier(new StreamIdentifier().setStreamName(Buffer.from('order-杭州 1').toString('base64')))
    .setStreamRevision('7')
    .setCommitPosition('9007199254740993')
    .setPreparePosition('300')
    .setCustomMetadata(Buffer.from('{"version":1}'))
    .setData(Buffer.from('{"city":"杭州"}'));
  event.getMetadataMap().set('type', 'Placed').set('content-type', 'application/json').set('created', '17679168001234567');
  return event;
}

function framed(event: ReadResp.ReadEvent.RecordedEvent) {
  const frame = frameOf(Buffer.from(new ReadResp().setEvent(new ReadResp.ReadEvent().setEvent(event).setCommitPosition('1')).serializeBinary()));
  if (!('event' in frame)) throw new Error('no event');
  return frame.event;
}

test('an event comes with its place and its content', () => {
  const frame = framed(recorded());
  const position = positionOfTexts('9007199254740993', '300');
  expect(frame).toMatchObject({ stream: 'order-杭州 1', type: 'Placed', position });
  expect(frame.content(position)).toEqual({
    id: ID, type: 'Placed', stream: 'order-杭州 1', revision: 7, position, createdMs: 1767916800123, isJson: true, data: { city: '杭州' }, metadata: { version: 1 },
  });
});

test('of 64 bits none is lost', () => {
  expect(framed(recorded().setCommitPosition(UINT64_MAX).setPreparePosition('562949953421311')).position).toBe(positionOfTexts(UINT64_MAX, '562949953421311'));
  expect(framed(recorded().setCommitPosition('562949953421312').setPreparePosition('9007199254740992')).position).toBe(positionOfTexts('562949953421312', '9007199254740992'));
});

test('data that is no JSON comes as bytes, and what should be JSON and is not as text', () => {
  const bytes = recorded().setData(Buffer.from([0, 255]));
  bytes.getMetadataMap().set('content-type', 'application/octet-stream');
  expect(framed(bytes).content('p')).toMatchObject({ isJson: false, data: Buffer.from([0, 255]) });
  expect(framed(recorded().setData(Buffer.from('{')).setCustomMetadata('')).content('p')).toMatchObject({ isJson: true, data: '{', metadata: undefined });
});

test('an event larger than the short lengths of the wire comes whole', () => {
  const text = 'x'.repeat(1_000_000);
  expect(framed(recorded().setData(Buffer.from(JSON.stringify({ text })))).content('p').data).toEqual({ text });
});

test('marks are told apart, and what a subscription says beside them is passed over', () => {
  const checkpoint = new ReadResp.Checkpoint().setCommitPosition('5').setPreparePosition('4');
  const bytes = (response: ReadResp): Buffer => Buffer.from(response.serializeBinary());
  expect(frameOf(bytes(new ReadResp().setCheckpoint(checkpoint)))).toEqual({ checkpoint: positionOfTexts('5', '4') });
  expect(frameOf(bytes(new ReadResp().setCaughtUp(new ReadResp.CaughtUp())))).toEqual({ caughtUp: true });
  expect(frameOf(bytes(new ReadResp().setFellBehind(new ReadResp.FellBehind())))).toEqual({ caughtUp: false });
  expect(frameOf(bytes(new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(ID))))).toEqual({ other: true });
  expect(frameOf(bytes(new ReadResp().setEvent(new ReadResp.ReadEvent().setNoPosition(new Empty()))))).toEqual({ other: true });
});

test('what is cut off is no message', () => {
  const bytes = Buffer.from(new ReadResp().setEvent(new ReadResp.ReadEvent().setEvent(recorded())).serializeBinary());
  expect(() => frameOf(bytes.subarray(0, 40))).toThrow(RangeError);
});
