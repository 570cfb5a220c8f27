// The command that raises an alert, for whichever policy has found something.
// The alert's id names its occasion: raised again it changes nothing.
import type { Intent } from '@app/kernel';
import { alertStream, type RaiseAlert } from '@app/domain';

export function raiseAlert(alert: Omit<RaiseAlert, 'type' | 'id' | 'actor' | 'at'>): Intent {
  return { stream: alertStream(alert.alertId), command: { type: 'RaiseAlert' satisfies RaiseAlert['type'], ...alert } };
}
