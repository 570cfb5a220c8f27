// Opens the configured port and says where: to the caller, and to other processes of this machine.
// A process tells its address once it is sure to answer there; one that cannot says in a sentence what to set instead.
import type { Config, OrderTrail } from '@app/wiring';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';

/** The configured port of the configured host cannot be opened. */
class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

/** Throws `CannotListen`. */
export async function listen(orderTrail: Pick<OrderTrail, 'config' | 'announce'>, http: FastifyInstance): Promise<string> {
  const { host, port } = orderTrail.config;
  try {
    await http.listen({ port, host });
  } catch (error) {
    throw new CannotListen(whyNot(error as NodeJS.ErrnoException, orderTrail.config), { cause: error });
  }
  const address = http.server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  const url = `http://${name}:${address.port}`;
  orderTrail.announce(url);
  return url;
}

function whyNot({ code, message }: NodeJS.ErrnoException, { host, port }: Pick<Config, 'host' | 'port'>): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is taken by another program. Choose another one: ORDERTRAIL_PORT=3001.`;
    case 'EACCES':
      return `Port ${port} of ${host} may not be opened by this user. Choose one above 1023: ORDERTRAIL_PORT=3001.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine. Choose one that it has: ORDERTRAIL_HOST=127.0.0.1 for itself alone, ORDERTRAIL_HOST=0.0.0.0 for everybody who reaches it.`;
    default:
      return `Port ${port} of ${host} cannot be opened: ${message}. Choose another one by ORDERTRAIL_PORT and ORDERTRAIL_HOST.`;
  }
}
