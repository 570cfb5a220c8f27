// Asks the server as any other client would; its refusals become one sentence.
// No command looks into a data directory past it.
import { CommandFailed } from './failure';

export interface ServerAddress {
  url: string;
  token: string;
  /** The answer must reflect the log at least up to here. */
  minPosition?: string;
}

interface Reply<T> {
  data?: T | null;
  errors?: { message: string }[];
}

/** Throws `CommandFailed` with the server's own sentence. */
export async function ask<T>({ url, token, minPosition }: ServerAddress, query: string, variables: Record<string, unknown> = {}): Promise<T> {
  const response = await reach(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...(minPosition === undefined ? {} : { 'x-min-position': minPosition }) },
    body: JSON.stringify({ query, variables }),
  });
  const reply = (await response.json().catch(() => ({}))) as Reply<T>;
  const [error] = reply.errors ?? [];
  if (error !== undefined) throw new CommandFailed(error.message);
  if (reply.data == null) throw new CommandFailed(`${url} answered ${response.status} without data.`);
  return reply.data;
}

/** `fetch` whose failure to connect is a sentence. */
export async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const cause = (error as { cause?: Error }).cause?.message ?? (error as Error).message;
    throw new CommandFailed(`The server at ${url} cannot be reached: ${cause}.`);
  }
}
