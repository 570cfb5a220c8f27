// `npm run torture`: 200 kills of the real server under load, and after them every promise is checked.
// Ends with 0 when all were kept; with 1 otherwise, leaving the data directory and naming seed and directory; with 2 when it was asked wrongly.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { torture } from './torture';

const SHOWN_MAX = 20;

async function main(): Promise<void> {
  const { seed, kills, checkEvery, json } = optionsOf();
  const directory = await mkdtemp(join(tmpdir(), 'ordertrail-torture-'));
  process.stderr.write(`seed ${seed}, ${kills} kills, ${directory}\n`);
  const started = performance.now();
  const { entries, acknowledgedOrders, holds, broken } = await torture({
    directory,
    seed,
    kills,
    checkEvery,
    onRound: ({ kill, events, ledger }) => {
      const acknowledged = ledger.entries.filter((entry) => entry.acknowledged).length;
      process.stderr.write(`kill ${kill}: ${acknowledged} of ${ledger.entries.length} acknowledged${events === undefined ? '' : `; ${events} events of orders, log and projections checked`}\n`);
    },
  });
  const result = {
    seed,
    kills,
    orders: acknowledgedOrders.length,
    acknowledged: entries.filter((entry) => entry.acknowledged).length,
    holds: holds.filter(({ acknowledged }) => acknowledged).length,
    seconds: Math.round((performance.now() - started) / 1000),
    broken: broken.slice(0, SHOWN_MAX),
  };
  process.stdout.write(`${json ? JSON.stringify(result) : summary(result, broken.length)}\n`);
  if (broken.length === 0) await rm(directory, { recursive: true, force: true });
  else process.stderr.write(`What the server left behind is in ${directory}; the same load again: npm run torture -- --seed ${seed}\n`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}

function summary({ seed, kills, orders, acknowledged, holds, seconds, broken }: { seed: number; kills: number; orders: number; acknowledged: number; holds: number; seconds: number; broken: string[] }, count: number): string {
  const what = `${kills} kills in ${seconds} s under seed ${seed}: ${acknowledged} orders and facts acknowledged, ${orders} of them orders, and ${holds} holds.`;
  return count === 0 ? `${what} Every one is there once, the log is whole, the projections equal a fold of it.` : `${what} ${count} promises broken:\n${broken.join('\n')}`;
}

class WrongUsage extends Error {
  constructor(what: string) {
    super(`${what}. npm run torture -- [--kills N] [--seed N] [--check-every N] [--json]`);
  }
}

function optionsOf(): { seed: number; kills: number; checkEvery: number; json: boolean } {
  const { kills, seed, 'check-every': checkEvery, json } = parsed();
  return { seed: seed === undefined ? Math.floor(Math.random() * 1_000_000) : whole('seed', seed), kills: atLeastOne('kills', kills), checkEvery: atLeastOne('check-every', checkEvery), json };
}

function parsed() {
  try {
    return parseArgs({ options: { kills: { type: 'string', default: '200' }, seed: { type: 'string' }, 'check-every': { type: 'string', default: '20' }, json: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    throw new WrongUsage((error as Error).message.split('. ')[0]!);
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new WrongUsage(`--${name} must be a whole number, not "${text}"`);
  return value;
}

function atLeastOne(name: string, text: string): number {
  const value = whole(name, text);
  if (value === 0) throw new WrongUsage(`--${name} must be 1 or more`);
  return value;
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof WrongUsage ? 2 : 1;
});
