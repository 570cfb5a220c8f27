// A shell that stays: variables and functions of one command are there for the next, as in the terminal of whoever reads along.
// Commands are taken out of a page as they stand there, several lines together where quotes or a backslash say so.
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

interface Said {
  /** What it printed, its errors too. */
  out: string;
  code: number;
}

const DONE = 'the command is over';

export class Shell {
  private heard = '';
  private wake: () => void = () => undefined;
  private readonly child: ChildProcessWithoutNullStreams;

  constructor(options: { cwd: string; env: NodeJS.ProcessEnv }) {
    this.child = spawn('bash', ['--noprofile', '--norc'], { ...options, stdio: 'pipe' });
    this.child.stdout.on('data', (piece) => {
      this.heard += String(piece);
      this.wake();
    });
    this.child.once('close', () => this.wake());
    this.child.stdin.write('exec 2>&1\n');
  }

  async run(command: string): Promise<Said> {
    this.heard = '';
    this.child.stdin.write(`${command}\nprintf '\\n${DONE} %s\\n' $?\n`);
    for (;;) {
      const ended = new RegExp(`\n${DONE} (\\d+)\n$`).exec(this.heard);
      if (ended !== null) return { out: this.heard.slice(0, ended.index), code: Number(ended[1]) };
      if (this.child.exitCode !== null) throw new Error(`The shell ended at: ${command}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  async close(): Promise<void> {
    this.child.stdin.end();
    if (this.child.exitCode === null) await once(this.child, 'close');
  }
}

/** A command, and the comment lines below it. */
export interface Step {
  command: string;
  comments: string[];
}

/** Of the shell blocks of a text in Markdown. */
export function stepsIn(text: string): Step[] {
  const steps: Step[] = [];
  for (const [, block] of text.matchAll(/```sh\n(.*?)```/gs)) {
    let lines: string[] = [];
    for (const line of block!.trimEnd().split('\n')) {
      if (lines.length === 0 && line.startsWith('#')) steps.at(-1)?.comments.push(line);
      else {
        lines.push(line);
        if (!isWhole(lines.join('\n'))) continue;
        steps.push({ command: lines.join('\n'), comments: [] });
        lines = [];
      }
    }
    if (lines.length > 0) throw new Error(`Not a whole command: ${lines.join('\n')}`);
  }
  return steps;
}

function isWhole(command: string): boolean {
  return !command.endsWith('\\') && spawnSync('bash', ['-n', '-c', command]).status === 0;
}
