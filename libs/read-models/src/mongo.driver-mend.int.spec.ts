// On the driver's own connection over a real socket: what is written to it as it ends is told so.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { mendDriver } from './mongo.driver-mend';

interface Connection {
  destroy(): void;
  writeCommand(command: unknown, options: object): Promise<void>;
}
const { Connection } = jest.requireActual<{ Connection: new (socket: Socket, options: object) => Connection }>('mongodb/lib/cmap/connection');
const { OpMsgRequest } = jest.requireActual<{ OpMsgRequest: new (database: string, command: object, options: object) => unknown }>('mongodb/lib/cmap/commands');

/** Nobody reads at the other end. */
async function connected(): Promise<{ connection: Connection; close: () => Promise<void> }> {
  const accepted: Socket[] = [];
  const server = createServer((far) => accepted.push(far.pause().on('error', () => undefined))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const connection = new Connection(socket, { hostAddress: { host: '127.0.0.1', port, toString: () => `127.0.0.1:${port}` }, id: 1, generation: 0, monitorCommands: false, tls: false });
  return {
    connection,
    close: async () => {
      connection.destroy();
      for (const far of accepted) far.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const write = (connection: Connection, bytes: number): Promise<unknown> =>
  Promise.race([
    connection.writeCommand(new OpMsgRequest('admin', { insert: 'rows', text: 'x'.repeat(bytes) }, {}), { agreedCompressor: 'none', zlibCompressionLevel: 0 }).then(() => 'written', (error: unknown) => (error as Error).name),
    new Promise((resolve) => setTimeout(resolve, 3_000, 'waits for ever')),
  ]);

describe('a command on a connection of the driver', () => {
  beforeAll(mendDriver);

  it.each([['without the method', {}], ['with another one', { writeCommand: async () => undefined }]])('is not mended in a driver %s', (_, other) => {
    expect(() => mendDriver(other)).toThrow('otherwise than the one that is mended here');
  });

  it('is written while it is open', async () => {
    const { connection, close } = await connected();
    expect(await write(connection, 10)).toBe('written');
    await close();
  });

  it('fails where it has just been closed', async () => {
    const { connection, close } = await connected();
    connection.destroy();
    expect(await write(connection, 10)).toBe('MongoNetworkError');
    await close();
  });

  it('fails where it is closed while most of it waits to be written', async () => {
    const { connection, close } = await connected();
    const written = write(connection, 15_000_000);
    setTimeout(() => connection.destroy(), 100);
    expect(await written).toBe('MongoNetworkError');
    await close();
  });
});
