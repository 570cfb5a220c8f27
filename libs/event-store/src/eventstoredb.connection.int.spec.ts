// What a connection tells its server before anything is asked.
// The server is none of ours: it only listens to the settings of HTTP/2.
import { once } from 'node:events';
import { createServer, type ServerHttp2Session, type Settings } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { ReadReq } from '@eventstore/db-client/generated/streams_pb';
import { EventStoreDbConnection } from './eventstoredb.connection';

it('lets the server send a mebibyte ahead of the reader', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = EventStoreDbConnection.of(`esdb://127.0.0.1:${(server.address() as AddressInfo).port}?tls=false`);
  let session: ServerHttp2Session | undefined;
  try {
    const told = once(server, 'session') as Promise<[ServerHttp2Session]>;
    // The read itself comes to nothing.
    const reading = connection.openRead(new ReadReq(), () => undefined).then(({ call }) => call.on('error', () => undefined), () => undefined);
    [session] = await told;
    const [settings] = (await once(session, 'remoteSettings')) as [Settings];
    expect(settings.initialWindowSize).toBe(1024 * 1024);
    await reading;
  } finally {
    await connection.close();
    session?.destroy();
    server.close();
  }
});
