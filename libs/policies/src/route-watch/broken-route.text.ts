// What an alert about a broken route says: what, where, why, and what to do, in one or two sentences.
// For whoever runs the approvals, who need not know the policy by heart.
import type { RouteBroken, RouteProblem, RouteStepRef } from '@app/domain';
import type { Instant } from '@app/kernel';

const STEPS_SHOWN = 5;

const CAUSES: Readonly<Record<RouteProblem, string>> = {
  NO_HOLDER: 'too few people hold the role',
  HOLDER_DEPARTED: 'its holders have departed',
  NO_BACKUP: 'a holder who is away, or signs an earlier step, has nobody to stand in who does not sign already',
  BACKUP_DEPARTED: 'who would stand in for its holder has departed',
  DELEGATION_CYCLE: 'the delegations of its holders lead in a circle',
};

/** `at`: when it broke. */
export function brokenRoute({ role, state, problem, steps, orderNumber, taskId }: RouteBroken['data'], at: Instant): string {
  if (role === null) {
    const why = problem === 'NO_HOLDER' ? 'nobody was registered' : 'everybody who had been registered had departed';
    return `At ${at} ${why}: an order that needs an approval waits until people who can give it are registered.`;
  }
  if (taskId !== null) {
    return `Nobody can take task ${taskId} of order ${orderNumber}: whoever could act for ${role} is excluded from this order or has a task in the same approval. Register another holder of the role; it is routed by itself then.`;
  }
  if (state === 'STOPPED') {
    const waits = orderNumber === null ? 'Orders that come there will wait' : `Order ${orderNumber} waits there`;
    return `The route to ${role} leads nowhere in ${listed(steps)}: ${CAUSES[problem]}. ${waits} until somebody can: register a holder, or publish a policy without the role.`;
  }
  if (state === 'ON_SUBSTITUTES') return `All holders of ${role} have departed (${listed(steps)}): only substitutes act for them. Register a holder.`;
  const why = problem === 'NO_BACKUP' ? 'a holder has lost whoever would stand in' : CAUSES[problem];
  return `The route to ${role} in ${listed(steps)} is not secured: ${why}. Name another backup.`;
}

function listed(steps: readonly RouteStepRef[]): string {
  const shown = steps.slice(0, STEPS_SHOWN).map(({ rule, step }) => `${rule} step ${step}`);
  return shown.join(', ') + (steps.length > STEPS_SHOWN ? ` and ${steps.length - STEPS_SHOWN} more` : '');
}
