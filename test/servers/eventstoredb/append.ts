// Appends as EventStoreDB takes them: v1, one call each; batch, many on one stream, told apart by their correlation ids.
// Whatever befalls an append (held, raced, doubled, cut before or after it is written) befalls it in `handled`.
import type { Metadata, sendUnaryData, ServerDuplexStream, ServerReadableStream, ServerUnaryCall } from '@grpc/grpc-js';
import type { AppendReq, AppendResp, BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import { DeleteResp, TombstoneResp, type DeleteReq, type TombstoneReq } from '@eventstore/db-client/generated/streams_pb';
import { appendAnswer, batchAnswer, batchNotReady, batchTimeout } from './append-answers';
import type { Expected } from './append-decision';
import type { AppendOutcome } from './event-log';
import { raceAgainst } from './faults';
import { streamDeleted, wrongExpectedVersion } from './refusals';
import type { Serving } from './serving';
import type { ProposedEvent } from './stored-event';

interface Append {
  stream: string;
  expected: Expected;
  events: ProposedEvent[];
}

type ProposedMessage = AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage;

export function appendHandler(serving: Serving) {
  return (call: ServerReadableStream<AppendReq, AppendResp>, answer: sendUnaryData<AppendResp>): void => {
    let append: Append | undefined;
    call.on('data', (request: AppendReq) => {
      const options = request.getOptions();
      if (options !== undefined) {
        serving.requests.count(connectionOf(call.metadata), 'v1');
        append = { stream: nameOf(options), expected: expectedOf(options, () => options.getRevision()), events: [] };
      } else append?.events.push(eventOf(request.getProposedMessage()!));
    });
    call.on('end', () => {
      const asked = append;
      if (asked === undefined) return;
      const refused = serving.refusesAppend(call.metadata);
      if (refused !== undefined) return answer(refused);
      void handled(serving, asked).then((result) => {
        if (result === 'cut') return;
        try {
          answer(null, appendAnswer(asked.stream, asked.expected, result));
        } catch (error) {
          answer(error as Error);
        }
      });
    });
  };
}

export function batchAppendHandler(serving: Serving) {
  return (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void => {
    const open = new Map<string, Append>();
    const connection = connectionOf(call.metadata);
    call.on('data', (request: BatchAppendReq) => {
      const correlationId = request.getCorrelationId()!.getString();
      const options = request.getOptions();
      if (options !== undefined) {
        serving.requests.count(connection, 'batch');
        const stream = nameOf(options);
        if (isOver(options.getDeadline(), serving.log.nowMs())) return void call.write(batchTimeout(correlationId, stream));
        open.set(correlationId, { stream, expected: expectedOf(options, () => options.getStreamPosition()), events: [] });
      }
      const append = open.get(correlationId);
      if (append === undefined) return;
      for (const message of request.getProposedMessagesList()) append.events.push(eventOf(message));
      if (!request.getIsFinal()) return;
      open.delete(correlationId);
      if (serving.isLeaderless()) return void call.write(batchNotReady(correlationId, append.stream));
      const refused = serving.refusesAppend(call.metadata);
      if (refused !== undefined) return void call.emit('error', refused);
      void handled(serving, append).then((result) => {
        if (result !== 'cut' && call.writable) call.write(batchAnswer(correlationId, append.stream, append.expected, result));
      });
    });
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  };
}

export function deleteHandler(serving: Serving) {
  return (call: ServerUnaryCall<DeleteReq, DeleteResp>, answer: sendUnaryData<DeleteResp>): void =>
    endStream(serving, call, answer, (stream, expected) => serving.log.delete(stream, expected), (commit, prepare) =>
      new DeleteResp().setPosition(new DeleteResp.Position().setCommitPosition(commit).setPreparePosition(prepare)),
    );
}

export function tombstoneHandler(serving: Serving) {
  return (call: ServerUnaryCall<TombstoneReq, TombstoneResp>, answer: sendUnaryData<TombstoneResp>): void =>
    endStream(serving, call, answer, (stream, expected) => serving.log.tombstone(stream, expected), (commit, prepare) =>
      new TombstoneResp().setPosition(new TombstoneResp.Position().setCommitPosition(commit).setPreparePosition(prepare)),
    );
}

function endStream<Answer>(
  serving: Serving,
  { request, metadata }: ServerUnaryCall<DeleteReq | TombstoneReq, Answer>,
  answer: sendUnaryData<Answer>,
  end: (stream: string, expected: Expected) => AppendOutcome,
  answerAt: (commit: string, prepare: string) => Answer,
): void {
  const refused = serving.refusesAppend(metadata);
  if (refused !== undefined) return answer(refused);
  const options = request.getOptions()!;
  const stream = nameOf(options);
  const expected = expectedOf(options, () => options.getRevision());
  const result = end(stream, expected);
  if (result.outcome === 'deleted') answer(streamDeleted(stream));
  else if (result.outcome === 'wrong') answer(wrongExpectedVersion(stream, numberOf(expected), numberOf(result.current)));
  else if (result.outcome === 'appended') void serving.log.flushed().then(() => answer(null, answerAt(String(result.position!.commit), String(result.position!.prepare))));
}

async function handled({ log, faults, cut }: Serving, { stream, expected, events }: Append): Promise<AppendOutcome | 'cut'> {
  if (faults.held !== undefined) await faults.held;
  const fault = faults.nextAppend();
  if (fault.cut === 'before') {
    cut();
    return 'cut';
  }
  if (fault.race !== undefined) raceAgainst(log, stream, fault.race, events);
  const result = log.append(stream, expected, events);
  if (fault.duplicate) log.append(stream, expected, events);
  await log.flushed();
  if (fault.cut === 'after') {
    cut();
    return 'cut';
  }
  const delay = faults.appendDelay();
  if (delay !== undefined) await delay;
  return result;
}

/** As the client calls itself: by its connection string, or by a name of its own. */
function connectionOf(metadata: Metadata): string {
  return String(metadata.get('connection-name')[0] ?? '');
}

/** Told to the server, which looks at it once: when the append arrives. */
function isOver(deadline: { toDate(): Date } | undefined, nowMs: number): boolean {
  return deadline !== undefined && deadline.toDate().getTime() <= nowMs;
}

function nameOf(options: { getStreamIdentifier(): { getStreamName_asU8(): Uint8Array } | undefined }): string {
  return Buffer.from(options.getStreamIdentifier()!.getStreamName_asU8()).toString();
}

function expectedOf(options: { hasAny(): boolean; hasNoStream(): boolean; hasStreamExists(): boolean }, revision: () => string): Expected {
  return options.hasAny() ? 'any' : options.hasNoStream() ? 'no_stream' : options.hasStreamExists() ? 'stream_exists' : Number(revision());
}

/** The protocol's numbers for what is no revision. */
function numberOf(expected: Expected): string {
  const numbers: Readonly<Record<string, string>> = { any: '-2', no_stream: '-1', stream_exists: '-4' };
  return numbers[expected] ?? String(expected);
}

function eventOf(message: ProposedMessage): ProposedEvent {
  const metadata = message.getMetadataMap().toArray() as [string, string][];
  return {
    id: message.getId()!.getString(),
    type: metadata.find(([key]) => key === 'type')?.[1] ?? '',
    metadata,
    custom: message.getCustomMetadata_asU8(),
    data: message.getData_asU8(),
  };
}
