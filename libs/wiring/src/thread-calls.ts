// Calls from one thread to an object that lives in another: plain values go over and come back, errors too.
// A thread that ends fails every call that waits for it.
import type { MessagePort, Worker } from 'node:worker_threads';

interface Call {
  call: number;
  method: string;
  args: unknown[];
}
type Answer = { call: number; value: unknown } | { call: number; error: { name: string; message: string } };
type Methods<T> = { [K in keyof T]: T[K] extends (...args: infer A) => Promise<infer R> ? (...args: A) => Promise<R> : never };

/** Lets the other side of the port call the methods of the target. */
export function serveCalls(port: MessagePort, target: object): void {
  port.on('message', (message: Call) => {
    void answer(target, message).then((reply) => port.postMessage(reply));
  });
}

async function answer(target: object, { call, method, args }: Call): Promise<Answer> {
  try {
    const value: unknown = await (target as Record<string, (...args: unknown[]) => unknown>)[method]!(...args);
    return { call, value };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { call, error: { name, message } };
  }
}

/** Stands for the target that is served at the other side: a thread, or a port of it. */
export function callsTo<T extends object>(side: Worker | MessagePort, methods: readonly (keyof T & string)[]): Methods<T> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let calls = 0;
  let ended: Error | undefined;
  side.on('message', (reply: Answer) => {
    const caller = waiting.get(reply.call);
    if (caller === undefined) return;
    waiting.delete(reply.call);
    if ('error' in reply) caller.reject(Object.assign(new Error(reply.error.message), { name: reply.error.name }));
    else caller.resolve(reply.value);
  });
  const end = (error: Error): void => {
    ended ??= error;
    for (const caller of waiting.values()) caller.reject(ended);
    waiting.clear();
  };
  side.on('error', end);
  side.on('exit', (code) => end(new Error(`The thread has ended (code ${code}).`)));
  side.on('close', () => end(new Error('The other thread has ended.')));
  const call = (method: string) => (...args: unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      if (ended !== undefined) return reject(ended);
      waiting.set(++calls, { resolve, reject });
      side.postMessage({ call: calls, method, args } satisfies Call);
    });
  return Object.fromEntries(methods.map((method) => [method, call(method)])) as Methods<T>;
}
