// Somebody who decides approvals: notices a task after a while, works at their hours, takes one after the other.
// Acts on the product through its API alone; what was handed over meanwhile is no longer theirs.
import { type ApprovalEvent, externalIdIn, type TaskChange } from '@app/domain';
import type { Recorded } from '@app/kernel';
import type { Company } from './company';

/** What somebody has before them: both names of the order, so that whoever knows it by one of them meets the same habits. */
interface Seen {
  orderNumber: string;
  externalId: string;
}

export interface Habits {
  /** The first instant from then on when they are at work, epoch milliseconds. */
  atWork: (atMs: number) => number;
  /** How long until a task is noticed once it is theirs, and how long deciding takes, in milliseconds; the same for the same order. */
  noticeMs: (order: Seen) => number;
  decideMs: (order: Seen) => number;
  approves: (order: Seen) => boolean;
}

interface Waiting {
  order: Seen;
  noticedMs: number;
}

/** People look at their list by the minute. */
const MINUTE = 60_000;

const DECIDE = 'mutation($taskId: ID!, $approve: Boolean!) { decideTask(taskId: $taskId, approve: $approve) { position } }';

export class Approver {
  private readonly waiting = new Map<string, Waiting>();
  private deciding = false;

  private constructor(
    private readonly staffId: string,
    private readonly habits: Habits,
    private readonly company: Company,
  ) {}

  /** At work from now on. */
  static join(staffId: string, habits: Habits, company: Company): void {
    const approver = new Approver(staffId, habits, company);
    company.onEvent((event) => approver.hear(event));
  }

  private hear({ stream, data }: Recorded): void {
    const { tasks, orderNumber } = data as Partial<ApprovalEvent['data']> & { tasks?: readonly TaskChange[] };
    for (const { is } of tasks ?? []) {
      if (is.assignee === this.staffId && is.status === 'PENDING') this.receive(is.taskId, { orderNumber: orderNumber!, externalId: externalIdIn(stream) });
      else this.waiting.delete(is.taskId);
    }
  }

  private receive(taskId: string, order: Seen): void {
    const noticedMs = Math.ceil(this.habits.atWork(this.company.nowMs + this.habits.noticeMs(order)) / MINUTE) * MINUTE;
    this.waiting.set(taskId, { order, noticedMs });
    this.company.at(noticedMs, () => this.work());
  }

  private work(): void {
    const { nowMs } = this.company;
    if (this.deciding) return;
    const next = [...this.waiting].find(([, { noticedMs }]) => noticedMs <= nowMs);
    if (next === undefined) return;
    const workMs = this.habits.atWork(nowMs);
    if (workMs > nowMs) return this.company.at(workMs, () => this.work());
    const [taskId, { order }] = next;
    this.deciding = true;
    this.company.at(nowMs + this.habits.decideMs(order), async () => {
      this.deciding = false;
      // Handed over, or no longer needed: refused, and no harm done.
      if (this.waiting.delete(taskId)) await this.company.ask({ sub: this.staffId, roles: ['approver'] }, DECIDE, { taskId, approve: this.habits.approves(order) });
      this.work();
    });
  }
}
