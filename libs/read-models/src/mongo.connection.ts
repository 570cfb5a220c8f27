// Connects to the MongoDB that an address names, with the options that a change of the primary needs.
// What cannot be used is refused in a sentence that says what to do; the address is shown without name and password.
import { type Document, MongoClient, MongoServerSelectionError, type TopologyDescription, type WriteConcernSettings } from 'mongodb';
import { SystemClock } from '@app/runtime';
import { ANSWER_MS_MAX } from './mongo.deadlines';
import { mendDriver } from './mongo.driver-mend';
import { Patience } from './mongo.patience';

/** The address does not lead to a replica set or a sharded cluster that lets us in. */
class MongoUnusable extends Error {
  override readonly name = 'MongoUnusable';
}

/** On disk of most nodes: what is acknowledged less than that, a kill or an election takes back silently. */
export const DURABLE: WriteConcernSettings & { w: 'majority' } = { w: 'majority', journal: true };

const AUTHENTICATION_FAILED = 18;
const FIRST_ANSWER_MS_MAX = 10_000;
/** What lies idle for longer may have been forgotten by a firewall on the way, which tells nobody. */
const IDLE_MS_MAX = 120_000;

interface ConnectionOptions {
  /** How long a connection may be silent while an answer is waited for, where an operation says nothing else; default 10,000. */
  answerMsMax?: number;
}

/**
 * Throws MongoUnusable where nobody answers within 10 s, where name or password are wrong, and for a mongod that is no member of a
 * replica set: rows and checkpoint change in one transaction, which only a replica set or a sharded cluster has.
 */
export async function connectMongo(url: string, { answerMsMax = ANSWER_MS_MAX }: ConnectionOptions = {}): Promise<MongoClient> {
  mendDriver();
  const address = shownAddress(url);
  let client: MongoClient;
  try {
    client = new MongoClient(url, {
      appName: 'ordertrail',
      ignoreUndefined: true,
      retryWrites: true,
      retryReads: true,
      writeConcern: DURABLE,
      readConcern: { level: 'majority' },
      readPreference: 'primary',
      // A frozen primary is noticed by these two: with the driver's own figures it holds everybody up for 37 s.
      heartbeatFrequencyMS: 1_000,
      connectTimeoutMS: 2_000,
      serverSelectionTimeoutMS: FIRST_ANSWER_MS_MAX,
      // A single connection that has fallen silent is noticed by nothing else: heartbeats have one of their own.
      socketTimeoutMS: answerMsMax,
      maxIdleTimeMS: IDLE_MS_MAX,
    });
  } catch (error) {
    throw new MongoUnusable(`The address of MongoDB (${address}) cannot be used: ${error instanceof Error ? withoutCredentials(error.message, url) : 'it is none'}.`, { cause: error });
  }
  const patience = new Patience(new SystemClock(), FIRST_ANSWER_MS_MAX);
  const ask = async (command: Document): Promise<Document> => {
    try {
      return await client.db('admin').command(command);
    } catch (error) {
      // A connection that was cut is made again; one that could not be made has had its time already.
      throw error instanceof MongoServerSelectionError ? refusal(address, error) : error;
    }
  };
  const answered = (command: Document): Promise<Document> => patience.persist(() => ask(command));
  try {
    const hello = await answered({ hello: 1 });
    if (hello['setName'] === undefined && !isRouter(hello)) {
      throw new MongoUnusable(
        hello['isreplicaset'] === true
          ? `The mongod at ${address} belongs to a replica set that has not been initiated. Call rs.initiate() in its shell once.`
          : `The mongod at ${address} stands alone, and only a replica set has transactions. One node is enough: start it with --replSet NAME and call rs.initiate() in its shell once.`,
      );
    }
    // The hello above needs no name and password; what comes then does.
    await answered({ connectionStatus: 1 });
    return client;
  } catch (error) {
    await client.close();
    throw refusal(address, error);
  }
}

/** A router of a sharded cluster answered. */
export function isRouter(hello: Document): boolean {
  return hello['msg'] === 'isdbgrid';
}

function refusal(address: string, error: unknown): unknown {
  if (error instanceof MongoUnusable) return error;
  if ((error as { code?: unknown }).code === AUTHENTICATION_FAILED) return new MongoUnusable(`MongoDB at ${address} refuses the name or the password of MONGODB_URL.`, { cause: error });
  if (!(error instanceof MongoServerSelectionError)) return error;
  const reason = error.reason as TopologyDescription | undefined;
  const servers = [...(reason?.servers.values() ?? [])];
  if (servers.some(({ type }) => type === 'RSGhost')) {
    return new MongoUnusable(`The mongod at ${address} belongs to a replica set that has not been initiated. Call rs.initiate() in its shell once.`, { cause: error });
  }
  if (servers.some(server => (server.error as { code?: unknown } | null)?.code === AUTHENTICATION_FAILED)) return new MongoUnusable(`MongoDB at ${address} refuses the name or the password of MONGODB_URL.`, { cause: error });
  if (servers.some(({ type }) => type === 'RSSecondary')) return new MongoUnusable(`The replica set at ${address} has no primary: most of its nodes must be up.`, { cause: error });
  // The driver leaves out whoever answers as something else than the set that was named.
  if (reason?.setName != null && servers.length === 0) {
    return new MongoUnusable(
      `MONGODB_URL asks for a replica set called ${reason.setName}, and at ${address} there is none: the set there is called otherwise, or the mongod stands alone. ` +
        'Its shell tells which: rs.status().set is the name to put after replicaSet= in MONGODB_URL; one that stands alone is to be started with --replSet NAME, then rs.initiate() once.',
      { cause: error },
    );
  }
  return new MongoUnusable(`MongoDB at ${address} does not answer (${error.message}). Start it, or set MONGODB_URL to where it runs.`, { cause: error });
}

/** Hosts and name of the database. */
function shownAddress(url: string): string {
  return url.replace(/^([^:]*:\/\/)?(?:.*@)?([^?]*).*$/s, '$1$2');
}

function withoutCredentials(message: string, url: string): string {
  return message.replaceAll(url, shownAddress(url)).replace(/\/\/\S*@/g, '//').replace(/\.$/, '');
}
