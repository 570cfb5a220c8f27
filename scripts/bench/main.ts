// `npm run bench`: the figures of the README, each beside the limit measured in the same run and the aim it is held to.
// Ends with 0 when every aim is met, with 1 when one is missed, with 2 when it was asked wrongly.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { approvalsFigures } from './approvals.bench';
import { asJson, asTable, type Figure, isMet } from './figures';
import { intakeFigures } from './intake.bench';
import { rebuildFigures } from './rebuild.bench';
import { queryFigures, scaleFigures } from './query.bench';
import { serversFigures } from './servers.bench';
import { type Options, optionsOf, type Part } from './options';

const FIGURES: Readonly<Record<Part, (options: Options) => Promise<Figure[]>>> = {
  intake: intakeFigures,
  rebuild: rebuildFigures,
  query: queryFigures,
  scale: scaleFigures,
  servers: serversFigures,
  approvals: approvalsFigures,
};

/** Everything that a run makes lies in one folder, which is gone when it ends, also by Ctrl-C. */
function inOneFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 'ordertrail-bench-'));
  process.env.TMPDIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]] as const) process.once(signal, () => process.exit(code));
}

async function main(options: Options): Promise<void> {
  inOneFolder();
  const figures: Figure[] = [];
  for (const part of options.parts) {
    process.stderr.write(`measuring ${part} ...\n`);
    figures.push(...(await FIGURES[part](options)));
  }
  process.stdout.write(`${options.json ? asJson(figures) : asTable(figures)}\n`);
  process.exitCode = figures.every(isMet) ? 0 : 1;
}

function start(): void {
  let options: Options;
  try {
    options = optionsOf(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 2;
    return;
  }
  void main(options).catch((error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  });
}

start();
