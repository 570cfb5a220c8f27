// What somebody else writes where operations are asked for asks for nothing, and holds up no other projection's operations.
import { EmbeddedReadModels } from '@app/read-models';
import { foreignEvent, operationsStream } from '@app/runtime';
import { openBench, type ProjectionBench, recorded, tally, totals, until } from '@test/dsl';

let bench: ProjectionBench;
beforeEach(() => {
  bench = openBench(path => EmbeddedReadModels.open(path));
});
afterEach(() => bench.close());

it('goes on with the operations of other projections', async () => {
  const { log, executor, runnerOf, seen, many, ask, operationsOf } = bench;
  many(20);
  await runnerOf([tally, totals], { executor }).start();
  await seen([tally, totals]);
  const { type, version } = foreignEvent(recorded({ type: 'Alien' }));
  log.append({ stream: operationsStream('tally'), type, version });
  const asked = await ask('totals', { type: 'RequestRebuild', mode: 'SWITCH', reason: 'to see' });
  await until(async () => (await operationsOf('totals')).ended.some(({ operationId }) => operationId === asked));
  expect((await operationsOf('totals')).ended).toMatchObject([{ error: null }]);
});
