// What exception cases are decided by besides their own streams: the SOP that a case is under, and how its order stands.
// An action is carried out here, as a command to the order under an id of its own: done again after an interruption it answers as it did.
import { type CarryOutAction, type ExceptionCommand, type ExceptionContext as Context, exceptionOfExemption, type ExceptionState, type OrderState, type RaiseException, SOP_STREAM, type SopEffect, type SopLibraryVersion } from '@app/domain';
import type { Command } from '@app/kernel';
import { type CommandExecutor, type EventStore, uuidOf } from '@app/runtime';
import { PublishedVersions } from './published-versions';

type CaseAction = ExceptionState['actions'][number];
type Executor = Pick<CommandExecutor, 'execute' | 'load'>;

export class ExceptionContext {
  private readonly published: PublishedVersions<SopLibraryVersion>;

  constructor(store: Pick<EventStore, 'read'>) {
    this.published = new PublishedVersions(store, SOP_STREAM);
  }

  /** Every version, oldest first. */
  libraries(): Promise<readonly SopLibraryVersion[]> {
    return this.published.look();
  }

  /** Adds the context to a command for a case, and to one that carries out an action what the order answers. */
  async prepare(given: Command, { actions, raised }: ExceptionState, executor: Executor): Promise<Command> {
    const command = given as ExceptionCommand;
    if (raised === null && command.type !== 'RaiseException') return command;
    const sop = raised === null ? await this.sopInForce(command as RaiseException) : await this.pinnedSop(raised);
    const order = raised?.order ?? (command as RaiseException).order;
    const standing = await standingOf(command.exceptionId, order, executor);
    const context: Context = { sop, held: standing.hold?.open === true, ownAct: standing.grantedBy === command.actor.id };
    const taken = command.type === 'CarryOutAction' ? actions.find(({ actionId, carriedOut }) => !carriedOut && actionId === command.actionId) : undefined;
    return Object.assign(command, { context }, taken === undefined ? {} : { refusal: await carryOut(taken, command as CarryOutAction, { order, holdId: standing.hold?.holdId }, executor) });
  }

  private async sopInForce({ exceptionType }: RaiseException): Promise<Context['sop']> {
    const library = (await this.libraries()).at(-1);
    const sop = library?.sops.find(({ sopId }) => sopId === exceptionType);
    return sop === undefined ? undefined : { ...sop, version: library!.version };
  }

  private async pinnedSop({ sopId, sopVersion }: NonNullable<ExceptionState['raised']>): Promise<Context['sop']> {
    const sop = (await this.libraries())[sopVersion - 1]?.sops.find((one) => one.sopId === sopId);
    return sop === undefined ? undefined : { ...sop, version: sopVersion };
  }
}

/** The hold of the order that names the case, be it open still or over, and who granted the exemption that the case is about. */
async function standingOf(exceptionId: string, order: string, executor: Executor): Promise<{ hold: { holdId: string; open: boolean } | undefined; grantedBy: string | undefined }> {
  const { exemptions, holds, standing } = (await executor.load<OrderState>(order)).state;
  const holdId = holds.find((hold) => hold.exceptionId === exceptionId)?.holdId;
  const hold = holdId === undefined ? undefined : { holdId, open: standing?.holds.some((open) => open.holdId === holdId) === true };
  return { hold, grantedBy: exemptions.find(({ exemptionId }) => exceptionOfExemption(exemptionId) === exceptionId)?.grantedBy };
}

/** Whoever took the action acts, and not whoever goes on with it. Null: the order has done it. */
async function carryOut({ actionId, code, note, takenBy, takenByRole }: CaseAction, { at, correlationId, exceptionId, id }: CarryOutAction, { order, holdId = exceptionId }: { order: string; holdId: string | undefined }, executor: Executor): Promise<CarryOutAction['refusal']> {
  const reason = note ?? `Action ${code} of exception ${exceptionId}.`;
  const effect = { id: uuidOf(`exception-action/${exceptionId}/${actionId}`), actor: { id: takenBy, role: takenByRole }, at, correlationId: correlationId ?? id, reason };
  const result = await executor.execute(order, { ...effect, ...effectOf(code, holdId) });
  return result.outcome === 'refused' ? { code: result.rejection.rejection, message: result.rejection.message } : null;
}

function effectOf(code: SopEffect, holdId: string): { type: string } & Record<string, unknown> {
  switch (code) {
    case 'RELEASE_HOLD':
      return { type: 'ReleaseHold', holdId };
    case 'CANCEL':
      return { type: 'CancelOrder' };
    default:
      return code satisfies never;
  }
}
