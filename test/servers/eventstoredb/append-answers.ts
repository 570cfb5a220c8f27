// The answers to an append, in the two shapes of the protocol: v1 (one call for an append) and batch (one call for many).
// Both say the same: revision and position of the last event, or expected and actual revision.
import { Code } from '@eventstore/db-client/generated/code_pb';
import { Empty, AllStreamPosition, MaximumAppendSizeExceeded, StreamDeleted, Timeout, UUID, WrongExpectedVersion } from '@eventstore/db-client/generated/shared_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import { AppendResp, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { Empty as GoogleEmpty } from 'google-protobuf/google/protobuf/empty_pb';
import type { Expected } from './append-decision';
import { APPEND_BYTES_MAX, type AppendOutcome } from './event-log';
import { appendTooLarge, streamDeleted } from './refusals';
import { streamId } from './stored-event';

/** Throws what v1 says by a status: a stream that is no more, an append that is too large. */
export function appendAnswer(stream: string, expected: Expected, result: AppendOutcome): AppendResp {
  switch (result.outcome) {
    case 'deleted':
      throw streamDeleted(stream);
    case 'tooLarge':
      throw appendTooLarge(APPEND_BYTES_MAX);
    case 'wrong': {
      const wrong = new AppendResp.WrongExpectedVersion();
      if (result.current === 'no_stream') wrong.setCurrentNoStream(new Empty());
      else wrong.setCurrentRevision(String(result.current));
      if (expected === 'any') wrong.setExpectedAny(new Empty());
      else if (expected === 'no_stream') wrong.setExpectedNoStream(new Empty());
      else if (expected === 'stream_exists') wrong.setExpectedStreamExists(new Empty());
      else wrong.setExpectedRevision(String(expected));
      return new AppendResp().setWrongExpectedVersion(wrong);
    }
    case 'appended': {
      const success = new AppendResp.Success();
      if (result.revision < 0) success.setNoStream(new Empty());
      else success.setCurrentRevision(String(result.revision));
      if (result.position === undefined) success.setNoPosition(new Empty());
      else success.setPosition(new AppendResp.Position().setCommitPosition(String(result.position.commit)).setPreparePosition(String(result.position.prepare)));
      return new AppendResp().setSuccess(success);
    }
  }
}

/** Nobody leads: no status of the call as v1 has, but a failure without a code that the client cannot name. */
export function batchNotReady(correlationId: string, stream: string): BatchAppendResp {
  const nothing = new Any();
  nothing.pack(new GoogleEmpty().serializeBinary(), 'google.protobuf.Empty');
  return batchAnswerTo(correlationId, stream).setError(new Status().setMessage('Server Is Not Ready').setDetails(nothing));
}

/** Its deadline had passed when it came; nothing is written. */
export function batchTimeout(correlationId: string, stream: string): BatchAppendResp {
  return batchAnswerTo(correlationId, stream).setError(failure(Code.DEADLINE_EXCEEDED, 'Timeout', new Timeout()));
}

export function batchAnswer(correlationId: string, stream: string, expected: Expected, result: AppendOutcome): BatchAppendResp {
  const answer = batchAnswerTo(correlationId, stream);
  switch (result.outcome) {
    case 'deleted':
      return answer.setError(failure(Code.FAILED_PRECONDITION, 'StreamDeleted', new StreamDeleted().setStreamIdentifier(streamId(stream))));
    case 'tooLarge':
      return answer.setError(failure(Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', new MaximumAppendSizeExceeded().setMaxappendsize(APPEND_BYTES_MAX)));
    case 'wrong':
      return answer.setError(failure(Code.FAILED_PRECONDITION, 'WrongExpectedVersion', wrongVersion(expected, result.current)));
    case 'appended': {
      const success = new BatchAppendResp.Success();
      if (result.revision < 0) success.setNoStream(new GoogleEmpty());
      else success.setCurrentRevision(String(result.revision));
      if (result.position === undefined) success.setNoPosition(new GoogleEmpty());
      else success.setPosition(new AllStreamPosition().setCommitPosition(String(result.position.commit)).setPreparePosition(String(result.position.prepare)));
      return answer.setSuccess(success);
    }
  }
}

function batchAnswerTo(correlationId: string, stream: string): BatchAppendResp {
  return new BatchAppendResp().setCorrelationId(new UUID().setString(correlationId)).setStreamIdentifier(streamId(stream));
}

function wrongVersion(expected: Expected, current: number | 'no_stream'): WrongExpectedVersion {
  const wrong = new WrongExpectedVersion();
  if (current === 'no_stream') wrong.setCurrentNoStream(new GoogleEmpty());
  else wrong.setCurrentStreamRevision(String(current));
  if (expected === 'any') wrong.setExpectedAny(new GoogleEmpty());
  else if (expected === 'no_stream') wrong.setExpectedNoStream(new GoogleEmpty());
  else if (expected === 'stream_exists') wrong.setExpectedStreamExists(new GoogleEmpty());
  else wrong.setExpectedStreamPosition(String(expected));
  return wrong;
}

function failure(code: Code, name: string, details: { serializeBinary(): Uint8Array }): Status {
  const packed = new Any();
  packed.pack(details.serializeBinary(), `event_store.client.${name}`);
  return new Status().setCode(code).setMessage(name).setDetails(packed);
}
