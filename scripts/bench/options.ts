// What a run of the bench measures and how large; read from the command line, wrong usage ends with 2.
// The defaults take some minutes on two cores; the aims are held to them.
import { parseArgs } from 'node:util';

/** Measured where none is named. */
const USUAL_PARTS = ['intake', 'rebuild', 'query', 'scale'] as const;
/** `servers` needs a mongod here, or EVENTSTOREDB_URL and MONGODB_URL. */
const PARTS = [...USUAL_PARTS, 'servers', 'approvals'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  parts: readonly Part[];
  seed: number;
  /** Orders of the stream and of the log that is rebuilt. */
  orders: number;
  /** Single posts a repetition. */
  singles: number;
  /** Events of the log on which the memory of a rebuild is measured; 0 leaves that out. */
  events: number;
  /** The small and the large number of orders of `scale`. */
  scale: readonly [number, number];
  /** Pending tasks of each measurement of `approvals`, the fewest first. */
  tasks: readonly number[];
  repetitions: number;
  /** Folder in which the logs of `scale` are kept and, where they are there, used again; null: they are made for this run. */
  keep: string | null;
  json: boolean;
}

/** Requests of a load that are under way together. */
export const AT_ONCE = 64;

const USAGE = `npm run bench -- [${PARTS.join('] [')}] [--orders N] [--singles N] [--events N] [--scale SMALL,LARGE] [--tasks FEWEST,...,MOST] [--keep FOLDER] [--repetitions N] [--seed N] [--json]`;

const OPTIONS = {
  orders: { type: 'string', default: '100000' },
  singles: { type: 'string', default: '20000' },
  events: { type: 'string', default: '0' },
  scale: { type: 'string', default: '10000,1000000' },
  tasks: { type: 'string', default: '1000,10000,100000' },
  repetitions: { type: 'string', default: '3' },
  keep: { type: 'string' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
} as const;

/** Throws with the usage when something cannot be read. */
export function optionsOf(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  const unknown = positionals.filter((part) => !(PARTS as readonly string[]).includes(part));
  if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(', ')}. ${USAGE}`);
  const [small, large] = values.scale.split(',');
  return {
    parts: positionals.length === 0 ? USUAL_PARTS : (positionals as Part[]),
    seed: whole('seed', values.seed),
    orders: whole('orders', values.orders),
    singles: atLeast(AT_ONCE, 'singles', values.singles),
    events: whole('events', values.events),
    scale: [whole('scale', small), whole('scale', large)],
    tasks: values.tasks.split(',').map((size) => whole('tasks', size)),
    repetitions: Math.max(1, whole('repetitions', values.repetitions)),
    keep: values.keep ?? null,
    json: values.json,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    // What node advises beyond its first sentence is of no use here.
    throw new Error(`${(error as Error).message.split('. ')[0]}. ${USAGE}`, { cause: error });
  }
}

function atLeast(least: number, name: string, text: string): number {
  const value = whole(name, text);
  if (value < least) throw new Error(`--${name} must be ${least} or more. ${USAGE}`);
  return value;
}

function whole(name: string, text: string | undefined): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, not "${text ?? ''}". ${USAGE}`);
  return value;
}
