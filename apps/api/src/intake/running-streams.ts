// The NDJSON streams that are under way, so that the end of the process is not made to wait for their senders.
// Told to end, each takes what has arrived, answers its last line and closes its connection.
import { IntakeInterrupted } from '@app/intake';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** So long a sender may take to read its last line and to hang up; then its connection is cut. */
const LINGER_MS = 1_000;

export class RunningStreams {
  private readonly ending = new AbortController();
  private readonly running = new Set<Promise<unknown>>();

  /** The bytes until the sender ends or the process does; then throws `IntakeInterrupted`, and the rest is let pass. */
  async *bytesOf(request: FastifyRequest): AsyncGenerator<Buffer> {
    const { signal } = this.ending;
    const chunks = (request.raw as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    let interrupt: () => void = () => undefined;
    const interrupted = new Promise<'interrupted'>((resolve) => (interrupt = () => resolve('interrupted')));
    signal.addEventListener('abort', interrupt);
    try {
      for (;;) {
        const chunk = signal.aborted ? 'interrupted' : await Promise.race([chunks.next(), interrupted]);
        if (chunk === 'interrupted') {
          // A sender that still writes into a closed connection might never read why.
          void letPass(chunks);
          throw new IntakeInterrupted();
        }
        if (chunk.done === true) return;
        yield chunk.value;
      }
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
  }

  /** `ended` never rejects. */
  add(ended: Promise<unknown>, request: FastifyRequest, reply: FastifyReply): void {
    this.running.add(ended);
    void ended.then(() => this.running.delete(ended));
    reply.raw.once('finish', () => {
      if (this.ending.signal.aborted) hangUp(request);
    });
  }

  /** Takes nothing more of any stream. */
  end(): void {
    this.ending.abort();
  }

  /** Resolves when nothing of any stream is in flight. */
  async ended(): Promise<void> {
    await Promise.all(this.running);
  }
}

async function letPass(chunks: AsyncIterator<Buffer>): Promise<void> {
  try {
    while ((await chunks.next()).done !== true);
  } catch {
    // The connection is gone, and with it the rest.
  }
}

function hangUp({ raw: { socket } }: FastifyRequest): void {
  socket.end();
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(cut));
}
