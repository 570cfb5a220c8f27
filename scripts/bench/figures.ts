// A figure never stands alone: it is printed beside the limit that was measured in the same run, with the aim it is held to.
// Figure and limit are measured in turns, so that a busy moment of the machine falls on both.
import { availableParallelism, totalmem } from 'node:os';

export interface Figure {
  name: string;
  unit: string;
  /** One value for each repetition. */
  measured: readonly number[];
  limit?: { name: string; measured: readonly number[] };
  /** What must hold; judged on medians. None where a figure is only shown beside another. */
  aim?: { text: string; met(measured: number, ratio: number | undefined): boolean };
  /** More to say, such as the peak of memory. */
  note?: string;
}

interface Machine {
  cores: number;
  memoryGiB: number;
  node: string;
}

function machine(): Machine {
  return { cores: availableParallelism(), memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs the two in turns and gives the values of each. */
export async function inTurns(repetitions: number, one: (repetition: number) => Promise<number>, other: (repetition: number) => Promise<number>): Promise<[number[], number[]]> {
  const values: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    values[0].push(await one(repetition));
    values[1].push(await other(repetition));
  }
  return values;
}

/** Undefined where there is no limit beside the figure. */
function ratioOf({ measured, limit }: Figure): number | undefined {
  return limit === undefined ? undefined : median(measured) / median(limit.measured);
}

export function isMet(figure: Figure): boolean {
  return figure.aim === undefined || figure.aim.met(median(figure.measured), ratioOf(figure));
}

export function asJson(figures: readonly Figure[]): string {
  return JSON.stringify(
    {
      machine: machine(),
      figures: figures.map((figure) => ({
        name: figure.name,
        unit: figure.unit,
        measured: spread(figure.measured),
        ...(figure.limit && { limit: { name: figure.limit.name, ...spread(figure.limit.measured) }, ratio: ratioOf(figure) }),
        ...(figure.aim && { aim: figure.aim.text, met: isMet(figure) }),
        ...(figure.note !== undefined && { note: figure.note }),
      })),
    },
    null,
    2,
  );
}

export function asTable(figures: readonly Figure[]): string {
  const { cores, memoryGiB, node } = machine();
  const rows = figures.flatMap((figure) => {
    const ratio = ratioOf(figure);
    return [
      [figure.name, ...columns(figure.measured), figure.unit, ratio === undefined ? '' : ratio.toFixed(2), figure.aim?.text ?? '', figure.aim === undefined ? '' : isMet(figure) ? 'met' : 'MISSED'],
      ...(figure.limit === undefined ? [] : [[`  limit: ${figure.limit.name}`, ...columns(figure.limit.measured), figure.unit, '', '', '']]),
      ...(figure.note === undefined ? [] : [[`  ${figure.note}`]]),
    ];
  });
  const table = [['', 'min', 'median', 'max', 'unit', 'ratio', 'aim', ''], ...rows];
  const widths = Array.from({ length: 8 }, (_, column) => Math.max(...table.filter((row) => row.length > 1).map((row) => (row[column] ?? '').length)));
  const lines = table.map((row) => (row.length === 1 ? row[0]! : row.map((cell, column) => (column >= 1 && column <= 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ')).trimEnd());
  return [`${cores} cores, ${memoryGiB} GiB of memory, Node ${node}`, '', ...lines].join('\n');
}

function spread(values: readonly number[]): { min: number; median: number; max: number } {
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

function columns(values: readonly number[]): string[] {
  const { min, median: middle, max } = spread(values);
  return [min, middle, max].map(rounded);
}

/** Three digits say enough; more would claim more than was measured. */
function rounded(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
