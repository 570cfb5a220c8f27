// A mutation from the request to its answer: carried out once for its key, and answered when whoever asks next finds what it wrote.
// What is remembered of it is what `write` answers: where it was written and what cannot be found there again.
import type { Position } from '@app/kernel';
import type { GraphQLResolveInfo } from 'graphql';
import type { IdempotentMutations } from './idempotency';
import type { ReadPosition } from './read-position';
import { reached, type RequestContext } from './request-context';

export class WrittenMutations {
  constructor(
    private readonly mutations: IdempotentMutations,
    private readonly readPosition: ReadPosition,
  ) {}

  /** `write` is given the id of its command, and answers with what must be remembered. */
  async write<Written extends { position: Position }>(context: RequestContext, info: GraphQLResolveInfo, write: (commandId: string) => Promise<Written>): Promise<Written> {
    const written = await this.mutations.once(context, info, write);
    reached(context, written.position);
    // Whoever asks next without saying since when finds it too, unless the read models are far behind.
    await this.readPosition.waitForAll(written.position);
    return written;
  }
}
