// An exception case that is open when its time is over raises an alert, once: reopening keeps the clock.
// An action that somebody took is carried out, whoever took it and went away in the middle.
import { type Instant, type Intent, plusSeconds, type Policy } from '@app/kernel';
import { type CarryOutAction, EXCEPTION_EVENT_TYPES, type ExceptionEvent, type ExceptionRaised, exceptionStream } from '@app/domain';
import { raiseAlert } from '../raise-alert';

/** A case; keyed by its id. */
interface CaseTodo extends Pick<ExceptionRaised['data'], 'exceptionId' | 'orderNumber' | 'type' | 'ownerRole' | 'dueAt'> {
  open: boolean;
  /** Actions of which it is not known yet what came of them. */
  actions: { actionId: string; takenAt: Instant }[];
}

/** Longer than any request takes. */
const CARRIED_OUT_WITHIN_SECONDS = 60;

export const exceptionFollowUp: Policy<CaseTodo> = {
  name: 'exception-follow-up',
  todo: {
    name: 'exception-follow-up',
    version: 1,
    reads: { exception: Object.keys(EXCEPTION_EVENT_TYPES) },
    indexes: [],
    sharding: 'by-key',
    keys: ({ data }) => [(data as ExceptionEvent['data']).exceptionId],
    fold(row, recorded) {
      const { meta } = recorded;
      const { type, data } = recorded as unknown as ExceptionEvent;
      if (type === 'ExceptionRaised') {
        const { exceptionId, orderNumber, type: exceptionType, ownerRole, dueAt } = data;
        return { exceptionId, orderNumber, type: exceptionType, ownerRole, dueAt, open: true, actions: [] };
      }
      if (row === undefined) throw new Error(`${type} came before ExceptionRaised in ${recorded.stream}.`);
      switch (type) {
        case 'ExceptionActionTaken':
          return { ...row, actions: [...row.actions, { actionId: data.actionId, takenAt: meta.occurredAt }] };
        case 'ExceptionActionCarriedOut':
          return { ...row, actions: row.actions.filter(({ actionId }) => actionId !== data.actionId) };
        case 'ExceptionResolved':
          return { ...row, open: false };
        case 'ExceptionReopened':
          return { ...row, open: true };
        default:
          return row;
      }
    },
  },

  react: () => [],

  // An instant rings once: that of a case may have rung long before an action is taken, so an action comes first.
  dueAt: (row) => row.actions.map(deadline).sort()[0] ?? (row.open ? row.dueAt : undefined),

  due: (row, now) => [
    ...row.actions.filter((action) => deadline(action) <= now).map((action) => ({ ...carryOut(row, action.actionId), occasion: `${action.actionId}@${action.takenAt}` })),
    ...(row.open && row.dueAt <= now ? [{ ...raise(row), occasion: `${row.exceptionId}@${row.dueAt}` }] : []),
  ],
};

function deadline({ takenAt }: CaseTodo['actions'][number]): Instant {
  return plusSeconds(takenAt, CARRIED_OUT_WITHIN_SECONDS);
}

function carryOut({ exceptionId }: CaseTodo, actionId: string): Intent {
  return { stream: exceptionStream(exceptionId), command: { type: 'CarryOutAction', exceptionId, actionId } satisfies Pick<CarryOutAction, 'type' | 'exceptionId' | 'actionId'> };
}

function raise({ dueAt, exceptionId, orderNumber, ownerRole, type }: CaseTodo): Intent {
  return raiseAlert({
    alertId: `EXCEPTION_OVERDUE.${exceptionId}`,
    kind: 'EXCEPTION_OVERDUE',
    subject: exceptionId,
    message: `The exception ${type} of order ${orderNumber} was to be resolved by ${dueAt}; ${ownerRole} sees to it.`,
    orderNumber,
    details: { type, ownerRole, dueAt },
  });
}
