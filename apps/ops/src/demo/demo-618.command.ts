// `ops demo 618`: the incident on record, before and after the cure, each run measured from what happened in it.
// The same seed is the same run; another one is another sale.
import type { Command } from 'commander';
import { WrongUsage } from '../failure';
import { print, printJson, table } from '../print';
import { progressBar, unlessShown } from '../progress';
import { happeningsOf, ourWay } from './incident-618/after';
import { oldWay } from './incident-618/before';
import { type Figures, figuresOf } from './incident-618/figures';
import { DEPARTURE_MS, SALE_BEGINS_MS, saleOf, STORY_BEGINS_MS, STORY_ENDS_MS } from './incident-618/sale';

interface Options {
  before?: boolean;
  after?: boolean;
  seed: string;
  json?: boolean;
}

export function add618(demo: Command): void {
  demo
    .command('618')
    .description('the incident after a 618 sale: over 2,000 orders at finance, whose account belongs to somebody who left')
    .option('--before', 'the old way alone: no check of routes, no limit, no backup')
    .option('--after', 'the product alone')
    .option('--seed <n>', 'another seed, another sale', '618')
    .option('--json', 'print the figures as JSON')
    .action(tell);
}

async function tell({ before, after, seed, json }: Options): Promise<void> {
  if (!/^\d{1,9}$/.test(seed)) throw new WrongUsage(`--seed takes a whole number, not '${seed}'.`);
  const both = before !== true && after !== true;
  const sale = saleOf(Number(seed));
  const times = { peakMs: SALE_BEGINS_MS, endMs: STORY_ENDS_MS };
  const told: { before?: Figures; after?: Figures } = {};
  if (both || before === true) told.before = figuresOf(oldWay(Number(seed), sale), times);
  if (both || after === true) {
    unlessShown('The product goes through seven days of virtual time; this takes some minutes.');
    const bar = progressBar('seven days in virtual time', 'minutes');
    const minutes = (ms: number): number => Math.round((ms - STORY_BEGINS_MS) / 60_000);
    const journal = await ourWay(Number(seed), sale, (nowMs) => bar.update(minutes(nowMs), minutes(STORY_ENDS_MS)));
    bar.stop();
    told.after = figuresOf(happeningsOf(journal), times);
  }
  if (json === true) return printJson(told.before === undefined || told.after === undefined ? { ...(told.before ?? told.after!) } : { ...told });
  print(`618 大促事件: finance group left on ${new Date(DEPARTURE_MS).toISOString()}, sale from ${new Date(SALE_BEGINS_MS).toISOString()}, told until ${new Date(STORY_ENDS_MS).toISOString()}, seed ${seed}\n`);
  print(table(['', ...(told.before === undefined ? [] : ['before']), ...(told.after === undefined ? [] : ['after'])], rowsOf(told)));
  for (const [name, { alerts }] of Object.entries(told) as [string, Figures][]) print(`\nAlerts ${name} 预警\n${describeAlerts(alerts)}`);
}

function rowsOf(told: { before?: Figures; after?: Figures }): string[][] {
  const rows: [string, (figures: Figures) => string][] = [
    ['orders 订单', ({ orders }) => `${orders}`],
    ['reviewed by people 人工审单', ({ reviewed }) => `${reviewed}`],
    ['waiting at the end 未处理', ({ waitingAtEnd }) => `${waitingAtEnd}`],
    ['waited over 48 h', ({ waitingOver48h }) => `${waitingOver48h}`],
    ['longest wait 最长等待', ({ longestWaitHours }) => `${longestWaitHours} h`],
    ['mean time to a decision 平均决定时间', ({ meanDecisionHours }) => (meanDecisionHours === null ? 'none was decided' : `${meanDecisionHours} h`)],
    ['tasks given to the departed 派给离职人员', ({ assignedToDeparted }) => `${assignedToDeparted}`],
    ['by the green channel 绿色通道', ({ byGreenChannel }) => `${byGreenChannel}`],
    ['alerts before the peak 峰前预警', ({ alerts }) => `${alerts.filter(({ beforePeak }) => beforePeak).length}`],
  ];
  return rows.map(([name, value]) => [name, ...[told.before, told.after].flatMap((figures) => (figures === undefined ? [] : [value(figures)]))]);
}

/** A line for each kind: how many, from when. */
function describeAlerts(alerts: Figures['alerts']): string {
  if (alerts.length === 0) return '  none 无';
  const kinds = [...new Set(alerts.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      const of = alerts.filter((alert) => alert.kind === kind);
      return `  ${kind}: ${of.length}, the first at ${of[0]!.at}${of[0]!.beforePeak ? ', before the peak' : ''}`;
    })
    .join('\n');
}
