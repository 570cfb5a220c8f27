// Nodes of the loopback server: what their port answers in plain HTTP, and what becomes of clients when the nodes of a cluster change places.
// A real server cannot be asked for these, so EVENTSTOREDB_URL changes nothing here.
import { streamNameFilter, UnavailableError } from '@eventstore/db-client';
import { once } from 'node:events';
import { connect } from 'node:net';
import { appended, collected, event, live, refusalOf, until } from './client-steps';
import { serversOfASpec } from './servers-of-a-spec';

const UNAVAILABLE = 14;
const { started } = serversOfASpec();

/** Host and port of each node in a connection string. */
function hostsOf(url: string): string[] {
  return url.slice('esdb://'.length).split('?')[0]!.split(',');
}

describe('The port of a node', () => {
  const statusOf = async (url: string, method: string): Promise<number> => (await fetch(url, { method })).status;

  it('answers in HTTP that it is alive, beside gRPC and in whatever pieces the first bytes come', async () => {
    const { client, url } = await started();
    const [host] = hostsOf(url);
    await client.appendToStream('a', event());
    expect([await statusOf(`http://${host}/health/live`, 'GET'), await statusOf(`http://${host}/health/live`, 'HEAD'), await statusOf(`http://${host}/health/dead`, 'GET')]).toEqual([204, 204, 404]);
    const socket = connect(Number(host!.split(':')[1]), '127.0.0.1');
    socket.setNoDelay(true);
    const closed = once(socket, 'close');
    const answer: Buffer[] = [];
    socket.on('data', (piece: Buffer) => answer.push(piece));
    // A request may begin as the preface of HTTP/2 does.
    for (const piece of ['P', 'R', 'OPFIND /health/live HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n']) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await closed;
    expect(Buffer.concat(answer).toString()).toContain('HTTP/1.1 404');
    await client.appendToStream('a', event());
  });

  it('answers nothing while it is paused, and nobody who is killed', async () => {
    const { faults, url } = await started({ nodes: 2 });
    const [first, second] = hostsOf(url).map((host) => `http://${host}/health/live`);
    await faults.pause();
    const late = fetch(first!);
    expect(await Promise.race([late, new Promise((resolve) => setTimeout(resolve, 200, 'silent'))])).toBe('silent');
    await faults.resume();
    expect((await late).status).toBe(204);
    await faults.changeLeader();
    await expect(fetch(first!)).rejects.toThrow('fetch failed');
    expect((await fetch(second!)).status).toBe(204);
  });
});

describe('A cluster of three', () => {
  it('lets the same client go on when the leader is killed under load', async () => {
    const { client, faults } = await started({ nodes: 3 });
    await client.appendToStream('warm', event());
    const seen = live(client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['load-'] }) }));
    await seen.until(() => seen.caughtUp);
    const written: string[] = [];
    const refusals: { code?: number }[] = [];
    let writing = true;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let append = 0; writing; append += 1) {
        const stream = `load-${writer}-${append}`;
        await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' }).then(
          () => written.push(stream),
          (error: unknown) => refusals.push(error as { code?: number }),
        );
        if (refusals.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    await until(() => written.length > 50);
    await faults.changeLeader();
    const [before, seenBefore] = [written.length, seen.events.length];
    await until(() => written.length > before + 50);
    writing = false;
    await Promise.all(writers);
    expect(refusals.some((refusal) => refusal instanceof UnavailableError)).toBe(true);
    expect([seen.errors.length, seen.events.length]).toEqual([1, seenBefore]);
    const there = new Set((await collected(client.readAll())).map(({ streamId }) => streamId));
    expect(written.filter((stream) => !there.has(stream))).toEqual([]);
    await faults.startNodes();
    await faults.changeLeader();
    await appended(client, 'after');
  });

  it('is alive before there is a leader; appends then fail', async () => {
    const { client, url } = await started({ nodes: 3, electionMs: 2_000 });
    expect(await Promise.all(hostsOf(url).map(async (host) => (await fetch(`http://${host}/health/live`)).status))).toEqual([204, 204, 204]);
    expect((await refusalOf(client.appendToStream('a', event()))).message).toContain('Server Is Not Ready');
    const v1 = await refusalOf(client.appendToStream('a', event(), { credentials: { username: 'a', password: 'b' } }));
    expect([v1.code, v1.message]).toEqual([UNAVAILABLE, expect.stringContaining('Server Is Not Ready')]);
    await appended(client, 'a');
  });

  it('sends a writer who comes to a follower on to the leader', async () => {
    const { client, faults } = await started({ nodes: 3 });
    await client.appendToStream('a', event());
    await faults.changeLeader({ old: 'resign', electionMs: 10 });
    expect(await refusalOf(client.appendToStream('a', event()))).toMatchObject({ type: 'not-leader', leader: { address: '127.0.0.1' } });
    await expect(client.appendToStream('a', event())).resolves.toMatchObject({ nextExpectedRevision: 1n });
  });

  it('hands appends on to the leader when followers forward, unless the leader is required', async () => {
    const { client, faults } = await started({ nodes: 3, followers: 'forward' });
    await client.appendToStream('a', event());
    await faults.changeLeader({ old: 'resign', electionMs: 10 });
    await expect(client.appendToStream('a', event())).resolves.toMatchObject({ nextExpectedRevision: 1n });
    expect(await refusalOf(client.appendToStream('a', event(), { requiresLeader: true, credentials: { username: 'a', password: 'b' } }))).toMatchObject({ type: 'not-leader' });
  });

  it('reads at a follower, unless the leader is required', async () => {
    const { client, faults } = await started({ nodes: 3 });
    await client.appendToStream('a', event());
    await faults.changeLeader({ old: 'resign', electionMs: 10 });
    expect(await collected(client.readStream('a'))).toHaveLength(1);
    expect(await refusalOf(collected(client.readStream('a', { requiresLeader: true })))).toMatchObject({ type: 'not-leader' });
    expect(await collected(client.readStream('a', { requiresLeader: true }))).toHaveLength(1);
  });

  it('takes nothing while nobody leads', async () => {
    const { client, faults } = await started({ nodes: 3 });
    await client.appendToStream('a', event());
    const changed = faults.changeLeader({ old: 'resign', electionMs: 500 });
    const batch = await refusalOf(client.appendToStream('a', event()));
    expect(batch.message).toContain('Server Is Not Ready');
    expect(batch.code).toBeUndefined();
    expect(await refusalOf(client.appendToStream('a', event(), { credentials: { username: 'a', password: 'b' } }))).toMatchObject({ code: UNAVAILABLE });
    await changed;
    await appended(client, 'a');
  });
});
