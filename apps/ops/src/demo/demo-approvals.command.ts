// `ops demo approvals`: how long approvals take in a month under a fixed three-level chain and under ours.
// The same requests, the same people with the same leave and the same slowness; the figures are whatever comes out.
import type { Command } from 'commander';
import { WrongUsage } from '../failure';
import { print, printJson, table } from '../print';
import { progressBar, unlessShown } from '../progress';
import { waitsInFixedChain } from './approvals-month/fixed-chain';
import { type Month, ourMonth } from './approvals-month/our-way';
import { MONTH_BEGINS_MS, monthOf, STORY_ENDS_MS } from './approvals-month/requests';

interface Waits {
  decided: number;
  undecided: number;
  meanHours: number | null;
  p50Hours: number | null;
  p90Hours: number | null;
  p99Hours: number | null;
  longestHours: number | null;
  over24h: number;
  over48h: number;
}

const HOUR = 3_600_000;

export function addApprovals(demo: Command): void {
  demo
    .command('approvals')
    .description('a month of approvals under a fixed three-level chain and under ours, the same requests and people')
    .option('--seed <n>', 'another seed, another month', '618')
    .option('--json', 'print the figures as JSON')
    .action(tell);
}

async function tell({ seed, json }: { seed: string; json?: boolean }): Promise<void> {
  if (!/^\d{1,9}$/.test(seed)) throw new WrongUsage(`--seed takes a whole number, not '${seed}'.`);
  const requests = monthOf(Number(seed));
  const before = waitsOf(waitsInFixedChain(Number(seed), requests));
  unlessShown('The product goes through a month of virtual time; this takes some minutes.');
  const bar = progressBar('a month in virtual time', 'hours');
  const hours = (ms: number): number => Math.round((ms - MONTH_BEGINS_MS) / HOUR);
  const month = await ourMonth(Number(seed), requests, (nowMs) => bar.update(Math.max(0, hours(nowMs)), hours(STORY_ENDS_MS)));
  bar.stop();
  const after = { ...waitsOf(month.waits), byPeople: waitsOf(month.waits.filter((wait) => wait !== 0)), automatic: month.automatic, handedOver: month.handedOver };
  if (json === true) return printJson({ requests: requests.length, before, after });
  print(describe(requests.length, before, after, month));
}

function waitsOf(waits: readonly (number | null)[]): Waits {
  const decided = waits.filter((wait) => wait !== null).map((wait) => wait / HOUR).sort((a, b) => a - b);
  const at = (share: number): number | null => (decided.length === 0 ? null : rounded(decided[Math.ceil(share * decided.length) - 1]!));
  return {
    decided: decided.length,
    undecided: waits.length - decided.length,
    meanHours: decided.length === 0 ? null : rounded(decided.reduce((sum, wait) => sum + wait, 0) / decided.length),
    p50Hours: at(0.5),
    p90Hours: at(0.9),
    p99Hours: at(0.99),
    longestHours: at(1),
    over24h: decided.filter((wait) => wait > 24).length,
    over48h: decided.filter((wait) => wait > 48).length,
  };
}

function describe(requests: number, before: Waits, after: Waits & { byPeople: Waits }, { automatic, handedOver }: Month): string {
  const shown = (hours: number | null): string => (hours === null ? '' : `${hours} h`);
  const rows: [string, (waits: Waits) => string][] = [
    ['decided 已决定', ({ decided }) => `${decided}`],
    ['not decided 未决定', ({ undecided }) => `${undecided}`],
    ['mean 平均', ({ meanHours }) => shown(meanHours)],
    ['p50', ({ p50Hours }) => shown(p50Hours)],
    ['p90', ({ p90Hours }) => shown(p90Hours)],
    ['p99', ({ p99Hours }) => shown(p99Hours)],
    ['longest 最长', ({ longestHours }) => shown(longestHours)],
    ['over 24 h', ({ over24h }) => `${over24h}`],
    ['over 48 h', ({ over48h }) => `${over48h}`],
  ];
  const reasons = Object.entries(handedOver).map(([reason, count]) => `${reason} ${count}`).join(', ');
  return [
    `A month of approvals 审批时长: ${requests} requests, from the order to the decision, wall clock.\n`,
    table(['', 'fixed chain 固定三级', 'ours 新流程', 'ours, decided by people'], rows.map(([name, value]) => [name, value(before), value(after), value(after.byPeople)])),
    `\nOf ours ${automatic} passed automatically by the rules; handed over: ${reasons === '' ? 'none' : reasons}.`,
  ].join('\n');
}

function rounded(hours: number): number {
  return Math.round(hours * 100) / 100;
}
