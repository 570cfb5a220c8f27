// An alert is raised once for its occasion and acknowledged once.
// Its id derives from the occasion, so whoever finds the same thing again raises nothing.
import { type Command, type Decider, reject, type Rejection } from '@app/kernel';
import { ALERT_EVENT_TYPES, type AlertEvent, type AlertKind } from './alert.events';

export interface RaiseAlert extends Command<'RaiseAlert'> {
  alertId: string;
  kind: AlertKind;
  subject: string;
  /** One sentence in English that says what, where and what to do. */
  message: string;
  orderNumber: string | null;
  details: Record<string, unknown>;
}
export interface AcknowledgeAlert extends Command<'AcknowledgeAlert'> {
  alertId: string;
}
type AlertCommand = RaiseAlert | AcknowledgeAlert;

interface AlertState {
  raised: boolean;
  acknowledged: boolean;
}

export const alertDecider: Decider<AlertCommand, AlertEvent, AlertState> = {
  category: 'alert',
  eventTypes: ALERT_EVENT_TYPES,
  initial: { raised: false, acknowledged: false },
  decide(command, state): readonly AlertEvent[] | Rejection {
    const { at, alertId } = command;
    if (command.type === 'RaiseAlert') {
      if (state.raised) return [];
      const { kind, subject, message, orderNumber, details } = command;
      return [{ type: 'AlertRaised', occurredAt: at, data: { alertId, kind, subject, message, orderNumber, details } }];
    }
    if (!state.raised) return reject('AlertNotFound', `There is no alert ${alertId}.`, { alertId });
    return state.acknowledged ? [] : [{ type: 'AlertAcknowledged', occurredAt: at, data: { alertId, by: command.actor.id } }];
  },
  evolve: (state, { type }) => (type === 'AlertRaised' ? { ...state, raised: true } : { ...state, acknowledged: true }),
};
