// How a server refuses on the wire: a gRPC status whose metadata names the exception, as the client unpacks it.
// Each function makes one refusal; who throws it decides when.
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';

function refusal(code: status, details: string, metadata: Readonly<Record<string, string>> = {}): ServiceError {
  const carried = new Metadata();
  for (const [key, value] of Object.entries(metadata)) carried.set(key, value);
  return Object.assign(new Error(details), { code, details, metadata: carried });
}

export function notReady(): ServiceError {
  return refusal(status.UNAVAILABLE, 'Server Is Not Ready');
}

export function notLeader(leader: { host: string; port: number }): ServiceError {
  return refusal(status.NOT_FOUND, 'Leader info available', { exception: 'not-leader', 'leader-endpoint-host': leader.host, 'leader-endpoint-port': String(leader.port) });
}

export function streamDeleted(stream: string): ServiceError {
  return refusal(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, { exception: 'stream-deleted', 'stream-name': stream });
}

export function appendTooLarge(bytesMax: number): ServiceError {
  return refusal(status.INVALID_ARGUMENT, `Maximum Append Size of ${bytesMax} Exceeded.`, { exception: 'maximum-append-size-exceeded', 'maximum-append-size': String(bytesMax) });
}

/** Of deletes and tombstones; appends answer a conflict in their response. */
export function wrongExpectedVersion(stream: string, expected: string, actual: string): ServiceError {
  return refusal(status.FAILED_PRECONDITION, `Operation failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`, {
    exception: 'wrong-expected-version',
    'stream-name': stream,
    'expected-version': expected,
    'actual-version': actual,
  });
}

export function invalidArgument(details: string): ServiceError {
  return refusal(status.INVALID_ARGUMENT, details);
}
