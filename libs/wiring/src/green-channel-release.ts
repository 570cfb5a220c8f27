// Releases the next orders of a confirmed green channel, so many beside each other, and brings their answers along for the record.
// Asked again after an interruption under the same ids: an order that was released before answers as it did then.
import { type ContinueGreenChannel, type ExemptReview, type FrozenOrder, type GreenChannelOutcome, type GreenChannelState, nextOrders } from '@app/domain';
import type { Command } from '@app/kernel';
import { type CommandExecutor, uuidOf } from '@app/runtime';

const AT_ONCE_MAX = 64;

export async function releaseNext(executor: Pick<CommandExecutor, 'execute'>, command: Command, state: GreenChannelState): Promise<Command> {
  if (command.type !== ('ContinueGreenChannel' satisfies ContinueGreenChannel['type'])) return command;
  const { confirmed } = state;
  const orders = nextOrders(state);
  const outcomes = Array.from<GreenChannelOutcome>({ length: orders.length });
  const left = orders.entries();
  const work = async (): Promise<void> => {
    for (const [place, order] of left) outcomes[place] = await release(executor, order, command as ContinueGreenChannel, confirmed!);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE_MAX, orders.length) }, work));
  return Object.assign(command, { outcomes });
}

/** Whoever confirmed the set acts, and not whoever goes on with it. */
async function release(executor: Pick<CommandExecutor, 'execute'>, { orderNumber, stream, approvalId }: FrozenOrder, { id, token, at, correlationId }: ContinueGreenChannel, { actor, reason }: NonNullable<GreenChannelState['confirmed']>): Promise<GreenChannelOutcome> {
  const command: Omit<ExemptReview, 'context'> = { type: 'ExemptReview', id: uuidOf(`green-channel/${token}/${orderNumber}`), actor, at, correlationId: correlationId ?? id, approvalId, reason };
  const result = await executor.execute(stream, command);
  return { orderNumber, rejection: result.outcome === 'refused' ? { code: result.rejection.rejection, message: result.rejection.message } : null };
}
