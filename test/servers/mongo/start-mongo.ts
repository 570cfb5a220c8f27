// A real replica set of one or three nodes on this machine, which a test may kill, freeze and start again on the same ports and data.
// It ends with the process that started it, also when that is killed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { MongoMemoryReplSet, type MongoMemoryServer } from 'mongodb-memory-server-core';
import { MONGOD_VERSION, mongodBinary } from './mongod-binary';

interface MongoOptions {
  nodes: 1 | 3;
  /** Where the data stays after `stop`, a folder for each node inside; without it the data goes with the server. */
  dbPath?: string;
  /** Of the storage engine, for each node; default 0.25. */
  cacheGb?: number;
}

const LAUNCH_MS_MAX = 30_000;
const PRIMARY_MS_MAX = 60_000;
/** Small, because several run beside each other; with the server's own fail points. */
const ARGUMENTS = ['--oplogSize', '256', '--nounixsocket', '--setParameter', 'diagnosticDataCollectionEnabled=false', '--setParameter', 'enableTestCommands=1'];

/** One mongod. */
class MongoNode {
  private frozen = false;

  constructor(private readonly server: MongoMemoryServer) {}

  get port(): number {
    return this.server.instanceInfo!.port;
  }

  /** Undefined after `kill`, until `restart`. */
  get pid(): number | undefined {
    return this.server.instanceInfo?.instance.mongodProcess?.pid;
  }

  /** SIGKILL; returns when it is gone. */
  async kill(): Promise<void> {
    const mongod = this.server.instanceInfo?.instance.mongodProcess;
    if (mongod?.exitCode === null && mongod.signalCode === null) {
      const gone = new Promise((resolve) => mongod.once('close', resolve));
      mongod.kill('SIGKILL');
      await gone;
    }
    this.frozen = false;
    await this.server.stop({ doCleanup: false, force: false });
  }

  /** SIGSTOP: it keeps its connections and answers nothing. */
  async pause(): Promise<void> {
    process.kill(this.pid!, 'SIGSTOP');
    this.frozen = true;
    // Its threads end what they are in the middle of.
    await sleep(50);
  }

  resume(): void {
    if (this.frozen) process.kill(this.pid!, 'SIGCONT');
    this.frozen = false;
  }

  /** After `kill`, or killed now: the same port, the same data. */
  async restart(): Promise<void> {
    await this.kill();
    await this.server.start(true);
  }
}

class RunningMongo {
  readonly nodes: readonly MongoNode[];
  /** With the replica set's name and all nodes, without a database. */
  readonly url: string;

  constructor(private readonly replicaSet: MongoMemoryReplSet) {
    this.nodes = replicaSet.servers.map(server => new MongoNode(server));
    this.url = `mongodb://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}/?replicaSet=${replicaSet.replSetOpts.name}`;
  }

  /** The node that takes writes; waits for an election to end. */
  async primary(): Promise<MongoNode> {
    const [address] = await this.primaryAddress();
    return this.nodes.find(({ port }) => address.endsWith(`:${port}`))!;
  }

  /** Kills all nodes. */
  async kill(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.kill()));
  }

  async pause(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.pause()));
  }

  resume(): void {
    for (const node of this.nodes) node.resume();
  }

  /** Kills all nodes and starts them again; returns when there is a primary. */
  async restart(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.restart()));
    await this.primaryAddress();
  }

  async stop(): Promise<void> {
    // What is acknowledged is in the journal: nothing is gained by asking politely.
    await this.kill();
    await this.replicaSet.stop({ doCleanup: true, force: false });
  }

  private async primaryAddress(): Promise<[string]> {
    const client = new MongoClient(this.url, { serverSelectionTimeoutMS: PRIMARY_MS_MAX, heartbeatFrequencyMS: 500 });
    try {
      for (const until = performance.now() + PRIMARY_MS_MAX; ; await sleep(50)) {
        const hello = await client.db('admin').command({ hello: 1 });
        if (hello.isWritablePrimary === true) return [hello.me as string];
        if (performance.now() > until) throw new Error(`${this.url} has had no primary for ${PRIMARY_MS_MAX} ms.`);
      }
    } finally {
      await client.close();
    }
  }
}

/** Needs the binary; whoever may be without it asks `describeWithMongod`. */
export async function startMongo({ nodes, dbPath, cacheGb = 0.25 }: MongoOptions): Promise<RunningMongo> {
  const systemBinary = mongodBinary();
  if (systemBinary === undefined) throw new Error(`There is no mongod ${process.env.MONGOMS_SYSTEM_BINARY === undefined ? 'here' : `at ${process.env.MONGOMS_SYSTEM_BINARY} (MONGOMS_SYSTEM_BINARY)`}: scripts/servers/mongod.sh brings one.`);
  const replicaSet = await MongoMemoryReplSet.create({
    binary: { systemBinary, version: MONGOD_VERSION, checkMD5: false },
    instanceOpts: Array.from({ length: nodes }, (_, node) => ({ launchTimeout: LAUNCH_MS_MAX, ...(dbPath === undefined ? {} : kept(dbPath, node)) })),
    replSet: { count: nodes, name: 'tests', storageEngine: 'wiredTiger', args: ['--wiredTigerCacheSizeGB', String(cacheGb), ...ARGUMENTS], configSettings: { electionTimeoutMillis: 2_000 } },
  });
  const running = new RunningMongo(replicaSet);
  if (dbPath !== undefined) for (const [node, { port }] of running.nodes.entries()) writeFileSync(portFile(dbPath, node), String(port));
  return running;
}

/** A replica set knows its nodes by their ports, so these lie beside the data. */
function kept(dbPath: string, node: number): { dbPath: string; port?: number } {
  const path = join(dbPath, `node-${node}`);
  mkdirSync(path, { recursive: true });
  const file = portFile(dbPath, node);
  return existsSync(file) ? { dbPath: path, port: Number(readFileSync(file, 'utf8')) } : { dbPath: path };
}

function portFile(dbPath: string, node: number): string {
  return join(dbPath, `node-${node}.port`);
}
