// The client of EventStoreDB behind one address, opened from a connection string that says nothing harmful.
// Finding nodes, credentials and channels are the client's; what it keeps to itself and appends need is named here once.
import { EventStoreDBClient } from '@eventstore/db-client';
import { StreamsClient, StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb';
import { type AppendAnswer, answerOf } from './eventstoredb.append-frames';
import { reasonOf } from './eventstoredb.errors';

/** A call that takes appends as bytes and answers them. */
export type BatchAppendCall = ReturnType<typeof StreamsClient.prototype.makeBidiStreamRequest<Buffer, AppendAnswer>>;
/** A call whose answers are decoded by whoever has opened it. */
export type ReadCall<Answer> = ReturnType<typeof StreamsClient.prototype.makeServerStreamRequest<ReadReq, Answer>>;
type CallArguments = NonNullable<Parameters<StreamsClient['batchAppend']>[0]>;

/** Protected in the client's types; its own calls are made of these. */
interface ClientParts {
  getGRPCClient(type: typeof StreamsClient, name: string): Promise<StreamsClient>;
  callArguments(base: object, options: { deadline: number }): [CallArguments, object];
  handleError(client: StreamsClient, error: Error): Promise<void>;
  getChannel(): Promise<Channel>;
  createChannel: () => Promise<Channel>;
  readonly throwOnAppendFailure: boolean;
}

interface Channel {
  close(): void;
  /** Its connections are made with what stands here when they are made. */
  internalChannel: { getOptions(): Record<string, unknown> };
}

/**
 * What a server may send ahead of whoever reads, for each call. With the 64 KiB of HTTP/2 it stands still after a few dozen events until
 * the reader, who is folding, has said that they came: measured, reading a log takes a quarter longer.
 */
const WINDOW_BYTES = 1024 * 1024;

const OPTIONS = [
  'userCertFile', 'userKeyFile', 'maxDiscoverAttempts', 'connectionName', 'defaultDeadline', 'discoveryInterval', 'gossipTimeout', 'nodePreference',
  'tls', 'tlsVerifyCert', 'tlsCAFile', 'throwOnAppendFailure', 'keepAliveInterval', 'keepAliveTimeout',
];

/**
 * A node that lost the lead would hand appends on and answer reads from what it has got so far: a command could be refused for what is
 * no longer so. Asked for the leader it names it, and the client goes there.
 */
export const AT_LEADER = { requiresLeader: true } as const;

export class EventStoreDbConnection {
  private closed = false;

  private constructor(
    readonly client: EventStoreDBClient,
    /** Hosts and ports, without credentials. */
    readonly address: string,
  ) {}

  /** Connects lazily. Throws a TypeError, which never repeats the credentials, for a string that cannot be used. */
  static of(url: string): EventStoreDbConnection {
    checkCredentials(url);
    checkOptions(url);
    let client: EventStoreDBClient;
    try {
      client = EventStoreDBClient.connectionString(url);
    } catch (error) {
      const file = error instanceof Error && /certificate|userCertFile/i.test(error.message) ? ` ${reasonOf(error)}.` : '';
      // oxlint-disable-next-line preserve-caught-error -- it may repeat the credentials
      throw new TypeError(`EVENTSTOREDB_URL is not a connection string of EventStoreDB.${file} It looks like esdb://HOST:2113?tls=false, or esdb://USER:PASSWORD@HOST1:2113,HOST2:2113,HOST3:2113 for a cluster.`);
    }
    if (!partsOf(client).throwOnAppendFailure) {
      throw new TypeError('EVENTSTOREDB_URL turns throwOnAppendFailure off: conflicts would look like success. Leave that option out.');
    }
    widenWindow(partsOf(client));
    return new EventStoreDbConnection(client, addressOf(url));
  }

  /** A call for appends over the channel of now; whoever has it also has to tell when it fails. */
  async openAppends(): Promise<{ call: BatchAppendCall; failed: (error: Error) => Promise<void> }> {
    if (this.closed) throw new Error('The connection to EventStoreDB is closed.');
    const parts = partsOf(this.client);
    const client = await parts.getGRPCClient(StreamsClient, 'appendToStream');
    const call = client.makeBidiStreamRequest(StreamsService.batchAppend.path, asBytes, answerOf, ...parts.callArguments(AT_LEADER, { deadline: Infinity }));
    return { call, failed: failedOn(parts, client) };
  }

  /** A read over the channel of now, by any node, until it is cancelled; whoever has it also has to tell when it fails. */
  async openRead<Answer>(request: ReadReq, decode: (bytes: Buffer) => Answer): Promise<{ call: ReadCall<Answer>; failed: (error: Error) => Promise<void> }> {
    if (this.closed) throw new Error('The connection to EventStoreDB is closed.');
    const parts = partsOf(this.client);
    const client = await parts.getGRPCClient(StreamsClient, 'subscribeToAll');
    const { path, requestSerialize } = StreamsService.read;
    const call = client.makeServerStreamRequest(path, requestSerialize, decode, request, ...parts.callArguments({}, { deadline: Infinity }));
    return { call, failed: failedOn(parts, client) };
  }

  /** Ends every call and gives the channel free. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.client.dispose();
    await partsOf(this.client).getChannel().then(
      channel => channel.close(),
      () => undefined,
    );
  }
}

/** The client makes its channels itself, without a word on this. */
function widenWindow(parts: ClientParts): void {
  const create = parts.createChannel;
  parts.createChannel = async () => {
    const channel = await create();
    channel.internalChannel.getOptions()['grpc-node.flow_control_window'] = WINDOW_BYTES;
    return channel;
  };
}

/** Looks for another channel where the error asks for one; when none is found, the next attempt says so. */
function failedOn(parts: ClientParts, client: StreamsClient): (error: Error) => Promise<void> {
  return async (broken) => {
    await Promise.allSettled([parts.handleError(client, broken)]);
  };
}

function asBytes(frame: Buffer): Buffer {
  return frame;
}

function partsOf(client: EventStoreDBClient): ClientParts {
  return client as unknown as ClientParts;
}

/** Unencoded they end somewhere else for the client, which takes a part of the password, and shows the rest as a host or an option. */
function checkCredentials(url: string): void {
  const parts = url.replace(/^[^:]+:\/\//, '').split('@');
  if (parts.length === 1 || (parts.length === 2 && /^[^:/?#]+:[^:/?#]+$/.test(parts[0]!))) return;
  throw new TypeError('EVENTSTOREDB_URL has a user name or password with signs that mean something else there. Write them percent-encoded: @ as %40, : as %3A, / as %2F, ? as %3F, # as %23.');
}

/** The client prints a string that it does not understand, password and all: so that is found before. */
function checkOptions(url: string): void {
  const [, query = ''] = url.split('?');
  for (const pair of query.split('&').filter(part => part.trim() !== '')) {
    const name = pair.split('=')[0]!;
    const known = OPTIONS.find(option => option.toLowerCase() === name.trim().toLowerCase().replace(/[_-]/g, ''));
    if (known === undefined) throw new TypeError(`EVENTSTOREDB_URL has an option that is not known: ${name}. Known are ${OPTIONS.join(', ')}.`);
    if (known === 'tlsVerifyCert' && /=\s*false\s*$/i.test(pair)) {
      throw new TypeError('EVENTSTOREDB_URL turns tlsVerifyCert off, which the client cannot do. Name the certificate authority with tlsCAFile instead.');
    }
  }
}

function addressOf(url: string): string {
  return url.trim().replace(/^[^:]+:\/\//, '').replace(/\?.*$/s, '').replace(/^.*@/s, '').replace(/\/+$/, '');
}
