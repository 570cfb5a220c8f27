// Opens the configured port and says where: to the caller, and to other processes of this machine.
// A process tells its address once it is sure to answer there.
import type { OrderTrail } from '@app/wiring';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';

export async function listen(orderTrail: OrderTrail, http: FastifyInstance, open: (port: number, host: string) => Promise<unknown>): Promise<string> {
  const { host, port } = orderTrail.config;
  await open(port, host);
  const address = http.server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  const url = `http://${name}:${address.port}`;
  orderTrail.announce(url);
  return url;
}
