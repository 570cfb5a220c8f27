// The store that does not answer is named, and the log is told once.
import type { OrderTrail } from '@app/wiring';
import { StoreAnswers } from './store-answers';

test('names who does not answer, in the answer and once in the log', async () => {
  const lines: [string, object, string][] = [];
  const logger = { warn: (fields: object, message: string) => void lines.push(['warn', fields, message]), info: (fields: object, message: string) => void lines.push(['info', fields, message]) };
  let rows = (): Promise<string> => Promise.resolve('1');
  const parts = { logger, storeNames: { log: 'EventStoreDB at a:2113', rows: 'MongoDB at b:27017/x' }, eventStore: { end: () => Promise.resolve('1') }, monitor: { positionOf: () => rows() } };
  const stores = new StoreAnswers(parts as unknown as OrderTrail);
  expect(await stores.silent()).toEqual([]);
  expect(lines).toEqual([]);
  rows = () => Promise.reject(new Error('connect ECONNREFUSED'));
  for (let probe = 0; probe < 3; probe++) expect(await stores.silent()).toEqual(['MongoDB at b:27017/x']);
  expect(lines).toEqual([['warn', { faults: [{ store: 'MongoDB at b:27017/x', error: 'connect ECONNREFUSED' }] }, 'not ready: MongoDB at b:27017/x does not answer']]);
  rows = () => Promise.resolve('1');
  expect([await stores.silent(), await stores.silent()]).toEqual([[], []]);
  expect(lines.slice(1)).toEqual([['info', { stores: 'MongoDB at b:27017/x' }, 'the stores answer again']]);
  expect(await stores.unlessSilent(Promise.resolve(5))).toEqual({ found: 5 });
  expect(await stores.unlessSilent(Promise.reject(new Error('no')))).toEqual({ silent: ['EventStoreDB at a:2113 or MongoDB at b:27017/x'] });
});
