// Into the intake of a running server: one NDJSON stream out, one answer line in for each item, both at the other side's pace.
// Every way to fail ends in one sentence that names the server and what it said; nothing is taken for durable that was not answered.
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { StringDecoder } from 'node:string_decoder';
import type { ImportItem, ImportOutcome, ImportSink } from './import-sink';

interface HttpSinkOptions {
  /** Of the server, `http://127.0.0.1:3000`. */
  url: string;
  /** Bearer token of role ops, admin or, without history, integration. */
  token: string;
  system: string;
  history: boolean;
  omits: readonly string[];
}

/** The server cannot be reached, refused the stream or broke it off. */
class HttpSinkError extends Error {
  override readonly name = 'HttpSinkError';
}

interface Expected {
  outcomes: ImportOutcome[];
  count: number;
  resolve(outcomes: ImportOutcome[]): void;
  reject(error: Error): void;
}

const ERROR_TEXT_MAX = 500;

export class HttpSink implements ImportSink {
  private request: ClientRequest | null = null;
  private response: IncomingMessage | null = null;
  /** Sent and not yet answered, oldest first. */
  private readonly expected: Expected[] = [];
  private failure: HttpSinkError | null = null;
  private drained: Promise<void> = Promise.resolve();
  private readonly ended: Promise<void>;
  private end!: () => void;
  private closing = false;

  constructor(private readonly options: HttpSinkOptions) {
    this.ended = new Promise(resolve => (this.end = resolve));
  }

  /** Rejects with HttpSinkError. */
  async take(items: readonly ImportItem[]): Promise<readonly ImportOutcome[]> {
    if (this.failure !== null) throw this.failure;
    if (items.length === 0) return [];
    const request = (this.request ??= this.open());
    const answers = new Promise<ImportOutcome[]>((resolve, reject) => this.expected.push({ outcomes: [], count: items.length, resolve, reject }));
    // It may be rejected while this call still waits to write.
    answers.catch(() => {});
    const text = items.map(({ topic, payload }) => `${JSON.stringify({ topic, item: payload })}\n`).join('');
    // In the order of the calls: each waits until the one before it may go on.
    const flowing = this.drained.then(() => (this.failure !== null || request.write(text) ? undefined : this.flows(request)));
    this.drained = flowing;
    await flowing;
    return answers;
  }

  /** Ends the stream; rejects with HttpSinkError where the server does not say that it took all. */
  async close(): Promise<void> {
    if (this.request === null || this.closing) return;
    this.closing = true;
    await this.drained;
    if (this.failure === null) {
      this.request.end();
      await this.ended;
    }
    if (this.failure !== null) throw this.failure;
  }

  private open(): ClientRequest {
    const { url, token, system, history, omits } = this.options;
    const address = new URL(`${url.replace(/\/$/, '')}/intake/${encodeURIComponent(system)}/mixed`);
    if (history) address.searchParams.set('history', 'true');
    if (omits.length > 0) address.searchParams.set('omits', omits.join(','));
    const request = (address.protocol === 'https:' ? secureRequest : plainRequest)(address, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', accept: 'application/x-ndjson', authorization: `Bearer ${token}` },
    });
    request.on('error', error => this.fail(`The connection to ${this.options.url} broke: ${reasonOf(error)}`));
    request.on('response', response => this.answer(response));
    return request;
  }

  private answer(response: IncomingMessage): void {
    this.response = response;
    const decoder = new StringDecoder('utf8');
    const taken = response.statusCode === 200 || response.statusCode === 202;
    let rest = '';
    let complete = false;
    response.on('data', (chunk: Buffer) => {
      rest += decoder.write(chunk);
      if (!taken) {
        rest = rest.slice(0, ERROR_TEXT_MAX);
        return;
      }
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') complete = this.line(line) || complete;
    });
    response.on('error', error => this.fail(`The answer of ${this.options.url} broke off: ${reasonOf(error)}`));
    response.on('end', () => {
      if (!taken) this.fail(`${this.options.url} refused the import with status ${response.statusCode}: ${rest.trim()}`);
      else if (rest.trim() !== '') complete = this.line(rest) || complete;
      if (!complete || this.expected.length > 0) this.fail(`The answer of ${this.options.url} ended before every item was answered`);
      this.end();
    });
  }

  /** True for the line that counts them all. */
  private line(text: string): boolean {
    let answer: Partial<ImportOutcome> & { complete?: boolean; error?: unknown; message?: unknown };
    try {
      answer = JSON.parse(text) as typeof answer;
    } catch {
      this.fail(`${this.options.url} answered with a line that is not JSON: ${text.slice(0, ERROR_TEXT_MAX)}`);
      return false;
    }
    if (answer.complete !== undefined) return answer.complete;
    const oldest = this.expected[0];
    if (answer.outcome === undefined || oldest === undefined) {
      this.fail(`${this.options.url} answered with what is no outcome: ${text.slice(0, ERROR_TEXT_MAX)}`);
      return false;
    }
    oldest.outcomes.push({ externalId: answer.externalId ?? null, orderNumber: answer.orderNumber ?? null, outcome: answer.outcome, errors: answer.errors ?? [] });
    if (oldest.outcomes.length === oldest.count) {
      this.expected.shift();
      oldest.resolve(oldest.outcomes);
    }
    return false;
  }

  private flows(request: ClientRequest): Promise<void> {
    return new Promise(resolve => {
      const go = (): void => {
        request.off('drain', go);
        request.off('close', go);
        resolve();
      };
      request.on('drain', go);
      request.on('close', go);
    });
  }

  private fail(message: string): void {
    // What follows a failure (a reset after a refusal) would only hide it. A refusal may still be on its way after the reset.
    if (this.failure === null) {
      this.failure = new HttpSinkError(message);
      for (const expected of this.expected.splice(0)) expected.reject(this.failure);
      this.request?.destroy();
      this.response?.destroy();
    }
    this.end();
  }
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return error.message === '' ? (code ?? error.name) : error.message;
}
