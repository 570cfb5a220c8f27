// The command line for operations. Exit codes: 0 done, 1 refused or failed with one sentence on stderr, 2 wrong usage.
// A command that needs the data works on the running server or, when none runs, opens the data directory itself.
import { Command, CommanderError } from 'commander';
import { type Config, readConfig } from '@app/wiring';
import { addBackupCommand } from './backup.command';
import { addDemoCommand } from './demo.command';
import { WrongUsage } from './failure';
import { addImportCommand } from './import.command';
import { addLifeCycleCommand } from './life-cycle.command';
import { addMigrateCommand } from './migrate.command';
import { addProjectionsCommand } from './projections.command';
import { addReplayCommand } from './replay.command';
import { addTokenCommand } from './token.command';

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

async function main(): Promise<number> {
  const config = (): Config => readConfig();
  const program = new Command('ops').description('OrderTrail operations. The data directory is ORDERTRAIL_DATA (default ./data).').showHelpAfterError();
  program.exitOverride();
  for (const add of [addBackupCommand, addImportCommand, addLifeCycleCommand, addMigrateCommand, addProjectionsCommand, addReplayCommand, addTokenCommand, addDemoCommand]) add(program, config);
  program.commands.forEach(overrideExit);
  try {
    await program.parseAsync();
    return DONE;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof WrongUsage ? WRONG_USAGE : FAILED;
  }
}

function overrideExit(command: Command): void {
  command.exitOverride();
  command.commands.forEach(overrideExit);
}

// Whoever reads the answer may have had enough: `ops ... | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(DONE);
});

void main().then((code) => {
  process.exitCode = code;
});
