// What EventStoreDB's faults mean, and sentences for an operator: what could not be done, where, and what to do.
// Faults are told apart by their code: the same fault comes in several classes of error, and in plain ones.

/** Status codes of gRPC. */
const CODE = { invalidArgument: 3, deadline: 4, permissionDenied: 7, unimplemented: 12, unavailable: 14, unauthenticated: 16 } as const;

/** Nobody answers at the address, or nobody who may. Nothing was read or written. */
export class ServerUnreachable extends Error {
  override readonly name = 'ServerUnreachable';
  constructor(
    /** Without credentials. */
    readonly address: string,
    cause: unknown,
  ) {
    super(
      `EventStoreDB cannot be reached at ${address} (${reasonOf(cause)}). Start it, or set EVENTSTOREDB_URL to where it runs ` +
        '(esdb://HOST:2113, with ?tls=false for a server without certificates), and look at networks and certificates between here and there.',
      { cause },
    );
  }
}

/** The server does not let us do what we are for, or does not understand it. */
export class ServerRefuses extends Error {
  override readonly name = 'ServerRefuses';
  constructor(
    readonly address: string,
    cause: unknown,
  ) {
    super(`EventStoreDB at ${address} ${refusalOf(cause)}`, { cause });
  }
}

function refusalOf(cause: unknown): string {
  const reason = reasonOf(cause);
  switch (codeOf(cause)) {
    case CODE.unimplemented:
      return `is too old: it does not know an operation that is needed (${reason}). Run 23.10 or newer; 24.6 was tried.`;
    case CODE.invalidArgument:
      return `does not take what it was sent (${reason}). Access is not the matter, and the same again would be refused again: see whether the server has limits of its own, and run a version that was tried (24.6).`;
    default:
      return `does not give access (${reason}). Put a user who may read and write $all streams into EVENTSTOREDB_URL: esdb://USER:PASSWORD@HOST:2113.`;
  }
}

/** Whether the events are there is not known; the same ids may be sent again without harm. */
export class AppendUnanswered extends Error {
  override readonly name = 'AppendUnanswered';
  constructor(
    readonly stream: string,
    readonly events: number,
    /** True when no attempt has left this process: then nothing was written for sure. */
    readonly unsent: boolean,
    address: string,
    waitedMs: number,
    cause: unknown,
  ) {
    super(
      `EventStoreDB at ${address} did not answer an append of ${events} event${events === 1 ? '' : 's'} to ${stream} within ${(waitedMs / 1000).toFixed(1)} s (${reasonOf(cause)}). ` +
        (unsent ? 'Nothing was sent.' : 'Whether it was written is not known; sending the same again is safe and tells.'),
      { cause },
    );
  }
}

/** The stream was tombstoned in EventStoreDB. */
export class StreamGone extends Error {
  override readonly name = 'StreamGone';
  constructor(readonly stream: string) {
    super(`The stream ${stream} was deleted for good in EventStoreDB: it can neither be read nor appended to any more. Its events are lost; restore them from a backup.`);
  }
}

/** A fault of one attempt, before it is known what will come of the next. */
export class AttemptFailed extends Error {
  override readonly name = 'AttemptFailed';
  constructor(
    readonly code: number,
    message: string,
    /** False: nothing has left this process. */
    readonly sent: boolean,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

export function noAnswer(what: string, sent: boolean): AttemptFailed {
  return new AttemptFailed(CODE.deadline, what, sent);
}

export function connectionEnded(what: string, sent: boolean): AttemptFailed {
  return new AttemptFailed(CODE.unavailable, what, sent);
}

export function codeOf(error: unknown): number | undefined {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** Trying again cannot help: the server understood and said no. */
export function isRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return code === CODE.permissionDenied || code === CODE.unauthenticated || code === CODE.unimplemented || code === CODE.invalidArgument || typeOf(error) === 'access-denied';
}

/** The client's own name for an error of the server. */
export function typeOf(error: unknown): string | undefined {
  const type: unknown = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
  return typeof type === 'string' ? type : undefined;
}

/** What OpenSSL says over several lines, in a few words. */
const TLS_REASONS: readonly [RegExp, string][] = [
  [/wrong version number|packet length too long|http request/i, 'what answers there does not speak TLS'],
  [/self.signed certificate|unable to (?:get|verify)[a-z ]*(?:issuer|first) certificate/i, 'its certificate is of an authority that is not known here: name that with tlsCAFile'],
  [/certificate has expired/i, 'its certificate has expired'],
  [/altnames|does not match certificate's/i, 'its certificate is for another host name'],
];

/** One line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const ofTls = TLS_REASONS.find(([pattern]) => pattern.test(text))?.[1];
  if (ofTls !== undefined) return ofTls;
  const line = text.replace(/\s+/g, ' ').trim();
  // What gRPC appends of a look-up of the name that went well.
  return line === '' ? (typeOf(error) ?? 'no reason given') : line.replace(/ Resolution note:$/, '').replace('Last error: Error: ', 'Last error: ').replace(/\.$/, '');
}
