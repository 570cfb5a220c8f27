// A refusal of the domain is a value, named after the broken condition. It is never thrown.
// Its name is part of the API: clients tell refusals apart by it.

export interface Rejection<Name extends string = string> {
  readonly rejection: Name;
  /** One sentence in English that says what, where and what to do. */
  readonly message: string;
  /** Values the sentence speaks of, for programs. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export function reject<Name extends string>(rejection: Name, message: string, details?: Record<string, unknown>): Rejection<Name> {
  return details === undefined ? { rejection, message } : { rejection, message, details };
}

export function isRejection(value: unknown): value is Rejection {
  return typeof value === 'object' && value !== null && 'rejection' in value;
}
