// Who decides in the month: their place in the organisation, their hours, their leave, how soon they notice what waits.
// Both ways of working meet the same people: what somebody draws for an order, by the id that both know it by, does not depend on the way it came.
import { dueAfter } from '@app/domain';
import type { Habits } from '../approver';
import { seededBy } from '../seeded';

const HOUR = 3_600_000;
const CALENDAR = { zone: 'Asia/Shanghai', opens: '09:00', closes: '18:00' } as const;
/** Hours until something that waits is noticed: half of the time within two, now and then days (log-normal). */
const NOTICE_MEDIAN_HOURS = 2;
const NOTICE_SIGMA = 1;
const NOTICE_HOURS_MAX = 48;

interface Leave {
  fromMs: number;
  untilMs: number;
  /** Known before, so that work is delegated; falling ill is not. */
  planned: boolean;
}

interface Approving {
  staffId: string;
  name: string;
  /** Null: asked only when it comes to them. */
  role: 'regional-manager' | 'sales-director' | 'finance' | null;
  supervisor: string | null;
  backup: string | null;
  leaves: readonly Leave[];
}

const day = (date: string): number => Date.parse(`2026-${date}T00:00:00+08:00`);

/** Holidays of the month come on top: nobody works at Qingming. */
export const PEOPLE: readonly Approving[] = [
  { staffId: 'ma.east', name: '马东', role: 'regional-manager', supervisor: 'wen.director', backup: 'hu.south', leaves: [{ fromMs: day('04-13'), untilMs: day('04-18'), planned: true }] },
  { staffId: 'hu.south', name: '胡南', role: 'regional-manager', supervisor: 'wen.director', backup: 'xu.north', leaves: [{ fromMs: day('04-21'), untilMs: day('04-24'), planned: false }] },
  { staffId: 'xu.north', name: '徐北', role: 'regional-manager', supervisor: 'wen.director', backup: 'ma.east', leaves: [] },
  { staffId: 'wen.director', name: '文总', role: 'sales-director', supervisor: 'feng.cfo', backup: 'xu.north', leaves: [{ fromMs: day('04-08'), untilMs: day('04-11'), planned: true }] },
  { staffId: 'qian.finance', name: '钱会', role: 'finance', supervisor: 'feng.cfo', backup: 'li.finance', leaves: [{ fromMs: day('04-22'), untilMs: day('04-29'), planned: true }] },
  { staffId: 'li.finance', name: '李会', role: 'finance', supervisor: 'feng.cfo', backup: 'qian.finance', leaves: [{ fromMs: day('04-09'), untilMs: day('04-11'), planned: false }] },
  { staffId: 'feng.cfo', name: '冯总', role: null, supervisor: 'gao.ceo', backup: null, leaves: [] },
  { staffId: 'gao.ceo', name: '高总', role: null, supervisor: null, backup: null, leaves: [] },
];

/** Of an order only its external id matters. */
type HabitsByExternalId = { [Name in keyof Habits]: Name extends 'atWork' ? Habits[Name] : (order: { externalId: string }) => ReturnType<Habits[Name]> };

export function habitsOf({ staffId, leaves }: Approving, seed: number): HabitsByExternalId {
  return {
    atWork: (atMs) => atWork(atMs, leaves),
    noticeMs: ({ externalId }) => {
      const random = seededBy(seed, `${staffId} notices ${externalId}`);
      // Box-Muller (1958): two uniform draws make a normal one.
      const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
      return Math.round(Math.min(NOTICE_MEDIAN_HOURS * Math.exp(NOTICE_SIGMA * normal), NOTICE_HOURS_MAX) * HOUR);
    },
    decideMs: ({ externalId }) => seededBy(seed, `${staffId} decides ${externalId}`).between(3, 15) * 60_000,
    approves: () => true,
  };
}

function atWork(atMs: number, leaves: readonly Leave[]): number {
  for (let at = atMs; ; ) {
    const away = leaves.find(({ fromMs, untilMs }) => fromMs <= at && at < untilMs);
    const here = away?.untilMs ?? at;
    // A second of work from then on ends a second later only while the office is open.
    const open = Date.parse(dueAfter(new Date(here).toISOString(), 1, true, CALENDAR)) - 1000;
    if (away === undefined && open === at) return at;
    at = open;
  }
}
