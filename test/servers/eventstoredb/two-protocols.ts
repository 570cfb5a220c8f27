// HTTP/1.1 and HTTP/2 without TLS on one port, as EventStoreDB has them: which one is spoken is told by the first bytes.
// Nothing is lost by looking: what was read is put back for whoever takes the connection.
import type { Socket } from 'node:net';

interface Protocols {
  http1(socket: Socket): void;
  http2(socket: Socket): void;
}

/** Every HTTP/2 connection of a client begins with it; no method of HTTP/1.1 is called so. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\n');

/** Hands the connection over once it is known; one that sends nothing stays here until it is closed. */
export function handOver(socket: Socket, to: Protocols): void {
  let begun = Buffer.alloc(0);
  const look = (): void => {
    begun = Buffer.concat([begun, (socket.read() as Buffer | null) ?? Buffer.alloc(0)]);
    const isHttp2 = PREFACE.subarray(0, begun.length).equals(begun.subarray(0, PREFACE.length));
    if (isHttp2 && begun.length < PREFACE.length) return;
    socket.off('readable', look);
    socket.unshift(begun);
    to[isHttp2 ? 'http2' : 'http1'](socket);
  };
  socket.on('readable', look);
}
