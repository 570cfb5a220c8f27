// Why somebody could decide a task: the role they held, or whom they stood in for and by what right, as it was then.
// In sentences, for auditors; nothing here decides.
import type { Instant } from '@app/kernel';
import type { HandoverReason, ReviewTask, SigningMode } from '../approval/approval.events';
import { delegationAt, type People, type Person } from '../staff/person';

export interface DecidedTask {
  task: ReviewTask;
  mode: SigningMode;
  by: string;
  approve: boolean;
  at: Instant;
  /** By whom the task was moved to its assignee, and what they said; `by` is null where nobody did but the rules. Null for one made in its step. */
  handedOver: { by: string | null; note: string | null } | null;
}

/** As of the assignment (who stood in for whom) and as of the decision (who held the role). */
interface PeopleThen {
  whenAssigned: People;
  whenDecided: People;
}

/** `bo approved TB…-1-1-1 at …: backup of anna, who held the role finance and had departed.` */
export function authorityOf({ task, mode, by, approve, at, handedOver }: DecidedTask, { whenAssigned, whenDecided }: PeopleThen): string {
  const { role, holder, taskId, assignee } = task;
  const said = `${by} ${approve ? 'approved' : 'refused'} ${taskId} at ${at}`;
  const person = whenDecided.get(by);
  const here = person?.active === true ? '' : ' Nobody was registered and here under this id then.';
  const holds = person?.roles.includes(role) === true;
  if (by === holder && holds) return `${said}: held the role ${role}.${here}`;
  if (by === holder && whenAssigned.get(by)?.roles.includes(role) === true) return `${said}: held the role ${role} when the task was made.${here}`;
  if (by !== assignee) return `${said}: ${holds ? `held the role ${role}, and any holder may decide a step of mode ${mode}` : `neither the assignee nor a holder of ${role}`}.${here}`;
  return `${said}: ${standing(task, by, whenAssigned, handedOver)}.${here}`;
}

function standing({ role, holder, assignedAt, handovers }: ReviewTask, by: string, people: People, handedOver: DecidedTask['handedOver']): string {
  const last = handovers.at(-1);
  const moved = last === undefined || last.from === null ? '' : ` (${wayHere(last.reason, last.from, handedOver)})`;
  if (holder === null || holder === by) return `assigned to act for the role ${role}${moved}`;
  const whose = `${holder}, who held the role ${role}`;
  const way = wayTo(by, holder, assignedAt, people);
  if (way === null) return `assigned in place of ${whose}${moved}`;
  const [first, ...further] = way;
  return [`${first!} ${whose}`, ...further].join(', ') + moved;
}

/** How the task came from whoever had it before. */
function wayHere(reason: HandoverReason, from: string, handedOver: DecidedTask['handedOver']): string {
  const { by, note } = handedOver ?? { by: null, note: null };
  const why = note === null ? '' : `: ${note.replace(/\.$/, '')}`;
  if (by !== null) return (by === from ? `${from} had passed it on` : `${by} had transferred it from ${from}`) + why;
  return BY_THE_RULES[reason](from) + why;
}

const BY_THE_RULES: Readonly<Record<HandoverReason, (from: string) => string>> = {
  TIMEOUT: (from) => `${from} had not answered in time`,
  DELEGATION: (from) => `after ${from}, by a delegation`,
  DEPARTURE: (from) => `${from} had departed`,
  TRANSFER: (from) => `taken from ${from} by the rules`,
};

/** The shortest way from whoever acted to the holder, in words; null where there is none. */
function wayTo(by: string, holder: string, at: Instant, people: People): string[] | null {
  const asked = new Set([holder]);
  let ring: { staffId: string; words: string[] }[] = [{ staffId: holder, words: [] }];
  while (ring.length > 0) {
    const next: typeof ring = [];
    for (const { staffId, words } of ring) {
      const person = people.get(staffId);
      if (person === undefined) continue;
      for (const { to, as } of standIns(person, at)) {
        const said = [...words, words.length === 0 ? `${as} of` : `${to} as ${as} of ${staffId}`];
        if (to === by) return said;
        if (!asked.has(to)) next.push({ staffId: to, words: said });
        asked.add(to);
      }
    }
    ring = next;
  }
  return null;
}

function standIns(person: Person, at: Instant): { to: string; as: string }[] {
  const delegation = delegationAt(person, at);
  const upTo = delegation === null || delegation.maxAmount === null ? '' : ` up to ${delegation.maxAmount}`;
  return [
    ...(delegation === null ? [] : [{ to: delegation.to, as: `delegate (from ${delegation.from} until ${delegation.until}${upTo})` }]),
    ...(person.backup === null ? [] : [{ to: person.backup, as: person.active ? 'backup' : 'backup after the departure' }]),
    ...(person.supervisor === null ? [] : [{ to: person.supervisor, as: person.active ? 'superior' : 'superior after the departure' }]),
  ];
}
