// What every resolver is given of its request: the caller, the position to wait for, and where the answer stands.
// Making it never fails: what is wrong with the request is kept and said by the first gate that needs it.
import type { Position } from '@app/kernel';
import type { GraphQLError } from 'graphql';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../access/caller';

export interface RequestContext {
  caller: Caller | undefined;
  /** Why there is no caller. */
  refusal: Error | undefined;
  /** The caller's `Idempotency-Key`, if any. */
  idempotencyKey: string | undefined;
  /** Position the answer reflects; a mutation raises it to what it wrote. */
  position: Position;
  /** The request cannot be executed at all: X-Min-Position malformed or not reached. */
  hindrance: GraphQLError | undefined;
  reply?: FastifyReply;
}

/** The answer reflects at least this. */
export function reached(context: RequestContext, position: Position): void {
  if (position > context.position) context.position = position;
}
