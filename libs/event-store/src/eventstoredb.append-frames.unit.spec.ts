// What is written byte by byte is what the generated messages write, and what they say is understood.
import { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import * as shared from '@eventstore/db-client/generated/shared_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';
import fc from 'fast-check';
import { answerOf, appendFrame, type AppendRequest } from './eventstoredb.append-frames';
import { positionOfTexts } from './eventstoredb.position';

const ID = '0b5f7a2e-6f0b-4c62-9a4e-3f5d8d3d6c11';

function generated({ id, stream, expected, events, deadlineMs }: AppendRequest): Buffer {
  const options = new BatchAppendReq.Options();
  options.setStreamIdentifier(new shared.StreamIdentifier().setStreamName(new Uint8Array(Buffer.from(stream))));
  options.setDeadline(Timestamp.fromDate(new Date(deadlineMs)));
  if (expected === 'none') options.setNoStream(new Empty());
  else options.setStreamPosition(String(expected));
  const message = new BatchAppendReq().setCorrelationId(new shared.UUID().setString(id)).setOptions(options).setIsFinal(true);
  message.setProposedMessagesList(
    events.map((event) => {
      const proposed = new BatchAppendReq.ProposedMessage().setId(new shared.UUID().setString(event.id)).setData(new Uint8Array(event.data)).setCustomMetadata(new Uint8Array(event.metadata));
      proposed.getMetadataMap().set('type', event.type).set('content-type', 'application/json');
      return proposed;
    }),
  );
  return Buffer.from(message.serializeBinary());
}

/** Both, read by the generated reader: the order of fields says nothing. */
function meant(bytes: Buffer): unknown {
  return BatchAppendReq.deserializeBinary(new Uint8Array(bytes)).toObject();
}

test('an append says what the generated message says', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((some) => Buffer.from(some));
  const event = fc.record({ id: fc.uuid(), type: fc.string({ minLength: 1, unit: 'grapheme' }), data: bytes, metadata: bytes });
  const requests = fc.record({
    id: fc.uuid(),
    stream: fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }),
    expected: fc.oneof(fc.constant('none' as const), fc.nat(), fc.maxSafeNat()),
    events: fc.array(event, { minLength: 1, maxLength: 5 }),
    deadlineMs: fc.integer({ min: 1_700_000_000_000, max: 4_000_000_000_000 }),
  });
  fc.assert(fc.property(requests, (request) => expect(meant(appendFrame(request))).toEqual(meant(generated(request)))));
});

test('an append of any length comes whole', () => {
  for (const length of [127, 128, 16_383, 16_384, 1_000_000]) {
    const request: AppendRequest = { id: ID, stream: 'order-杭州', expected: 127, events: [{ id: ID, type: 'Placed', data: Buffer.alloc(length, 1), metadata: Buffer.from('{}') }], deadlineMs: 1_800_000_000_000 };
    expect(meant(appendFrame(request))).toEqual(meant(generated(request)));
  }
});

function answered(answer: BatchAppendResp): ReturnType<typeof answerOf> {
  return answerOf(Buffer.from(answer.setCorrelationId(new shared.UUID().setString(ID)).setStreamIdentifier(new shared.StreamIdentifier().setStreamName('b3JkZXI=')).serializeBinary()));
}

test.each([['0', '0', '0'], ['7', '300', '299'], ['9007199254740991', '18446744073709551615', '9007199254740993']])('a success at revision %s, position %s', (revision, commit, prepare) => {
  const place = new shared.AllStreamPosition().setCommitPosition(commit).setPreparePosition(prepare);
  const success = new BatchAppendResp.Success().setCurrentRevision(revision).setPosition(place);
  expect(answered(new BatchAppendResp().setSuccess(success))).toEqual({ id: ID, result: { revision: Number(revision), position: positionOfTexts(commit, prepare) } });
});

test('a success without a place, and what is no success', () => {
  const placeless = new BatchAppendResp.Success().setCurrentRevision('3').setNoPosition(new Empty());
  expect(answered(new BatchAppendResp().setSuccess(placeless))).toEqual({ id: ID, result: { revision: 3, position: undefined } });
  const { id, result } = answered(new BatchAppendResp().setError(new Status().setMessage('no')));
  expect(id).toBe(ID);
  expect((result as BatchAppendResp).getError()?.getMessage()).toBe('no');
});

test('bytes that are cut off are no answer', () => {
  const whole = new BatchAppendResp().setCorrelationId(new shared.UUID().setString(ID)).serializeBinary();
  expect(() => answerOf(Buffer.from(whole).subarray(0, -1))).toThrow(RangeError);
});
