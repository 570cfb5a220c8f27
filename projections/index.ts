// Every read model: what can be asked, and how its rows come about.
import type { Projection } from '@app/kernel';
import { alerts } from './alerts/alerts.projection';
import { approvalBacklog } from './approval-backlog/approval-backlog.projection';
import { approvalTasks } from './approval-tasks/approval-tasks.projection';
import { approvals } from './approvals/approvals.projection';
import { exceptions } from './exceptions/exceptions.projection';
import { exemptions } from './exemptions/exemptions.projection';
import { orderStatus } from './order-status/order-status.projection';
import { platformTurnover } from './platform-turnover/platform-turnover.projection';
import { quarantine } from './quarantine/quarantine.projection';
import { sourceSystems } from './source-systems/source-systems.projection';
import { staff } from './staff/staff.projection';
import { waitingFacts } from './waiting-facts/waiting-facts.projection';
import { workflowBoard } from './workflow-board/workflow-board.projection';

export { orderStatus } from './order-status/order-status.projection';
export type { OrderRow } from './order-status/order-row';
export { sourceReports } from './order-status/source-reports';
export { workflowBoard } from './workflow-board/workflow-board.projection';
export type { BoardRow } from './workflow-board/board-rows';
export { boardKeys, boardNodeKeys, boardOf, boardPeriod, type NodeFigures } from './workflow-board/board';
export { waitingFacts, type WaitingFactRow } from './waiting-facts/waiting-facts.projection';
export { quarantine, type QuarantineRow } from './quarantine/quarantine.projection';
export { sourceSystems, type SourceSystemRow } from './source-systems/source-systems.projection';
export { turnoverChange, turnoverKey, type TurnoverRow } from './platform-turnover/platform-turnover.projection';
export { staff, type StaffRow } from './staff/staff.projection';
export { approvals, type ApprovalRow, type ApprovalsRow, type ApprovalStatus } from './approvals/approvals.projection';
export { approvalTasks, type ApprovalTaskRow } from './approval-tasks/approval-tasks.projection';
export { approvalBacklog } from './approval-backlog/approval-backlog.projection';
export { ALL_TASKS, assigneeKey, type BacklogDecisionsRow, type BacklogGroupRow, type BacklogRow, decisionsKey } from './approval-backlog/backlog-rows';
export { backlogHourKeys, backlogRates, backlogTrend, decisionTimes, pendingBefore } from './approval-backlog/backlog';
export { exemptions, type ExemptionRow, type ExemptionStatus } from './exemptions/exemptions.projection';
export { exceptions, type ExceptionRow } from './exceptions/exceptions.projection';
export { alerts, type AlertRow } from './alerts/alerts.projection';

/** Rows of different types: the machinery looks into none of them. */
export const PROJECTIONS: readonly Projection[] = [orderStatus, workflowBoard, waitingFacts, quarantine, sourceSystems, staff, platformTurnover, approvals, approvalTasks, approvalBacklog, exemptions, exceptions, alerts];
