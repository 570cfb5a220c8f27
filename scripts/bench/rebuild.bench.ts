// Rebuild of every projection from one reading of the log, beside reading and parsing the log alone.
// Memory is measured in the process that rebuilds, on a log as long as asked for.
import { type Figure, inTurns } from './figures';
import type { Options } from './options';
import { EVENTS_PER_ORDER, prepareLog } from './prepared-log';
import { inTemporaryDirectory, report } from './processes';

const RATIO_MIN = 0.35;
const PEAK_MB_MAX = 600;

interface Run {
  events: number;
  perSecond: number;
  peakMb: number;
}

export async function rebuildFigures({ seed, orders, events, repetitions }: Options): Promise<Figure[]> {
  const figures = await inTemporaryDirectory(async (directory) => {
    const length = await prepareLog(directory, seed, orders);
    const peaks: number[] = [];
    const [measured, limit] = await inTurns(
      repetitions,
      async () => {
        const { perSecond, peakMb } = await report<Run>('rebuild-log.js', { directory });
        peaks.push(peakMb);
        return perSecond;
      },
      async () => (await report<Run>('read-log.js', { directory })).perSecond,
    );
    const speed: Figure = {
      name: `rebuild of all projections, ${length.toLocaleString('en')} events`,
      unit: 'events/s',
      measured,
      limit: { name: 'reading and parsing the log alone', measured: limit },
      aim: { text: `ratio >= ${RATIO_MIN}`, met: (_, ratio) => ratio! >= RATIO_MIN },
    };
    return [speed, memory(length, peaks)];
  });
  if (events > 0) {
    await inTemporaryDirectory(async (directory) => {
      const length = await prepareLog(directory, seed, Math.ceil(events / EVENTS_PER_ORDER));
      const { perSecond, peakMb } = await report<Run>('rebuild-log.js', { directory });
      figures.push({ ...memory(length, [peakMb]), note: `at ${Math.round(perSecond).toLocaleString('en')} events/s` });
    });
  }
  return figures;
}

function memory(length: number, measured: readonly number[]): Figure {
  return {
    name: `peak memory of that process, ${length.toLocaleString('en')} events`,
    unit: 'MB',
    measured,
    aim: { text: `< ${PEAK_MB_MAX} MB`, met: (megabytes) => megabytes < PEAK_MB_MAX },
  };
}
