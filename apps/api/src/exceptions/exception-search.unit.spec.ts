// Each field of the filter comes to one condition on rows, and none where it is left out.
// What cannot match anything is not asked for.
import type { ExceptionFilterInput } from './exception.types';
import { countExceptions, exceptionFilter } from './exception-search';

const NOW = '2026-01-09T02:00:00.000Z';
const [FROM, TO] = ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'];

test.each<[ExceptionFilterInput, object, object[]]>([
  [{}, {}, []],
  [{ orderNumber: null, status: null, overdue: null, raisedFrom: null }, {}, []],
  [{ orderNumber: 'TB1', type: 'T', owner: 'chen' }, { orderNumber: 'TB1', type: 'T', owner: 'chen' }, []],
  [{ stage: 'IN_SALE', severity: 'SEVERE', responsible: 'CUSTOMER' }, { stage: 'IN_SALE', severity: 'SEVERE', responsible: 'CUSTOMER' }, []],
  [{ status: ['RESOLVED', 'OPEN', 'OPEN'] }, { status: ['OPEN', 'RESOLVED'] }, []],
  [{ overdue: true }, { open: true }, [{ field: 'lateFrom', lt: NOW }]],
  [{ overdue: false }, {}, [{ field: 'lateFrom', gte: NOW }]],
  [{ raisedFrom: FROM }, {}, [{ field: 'raisedAt', gte: FROM }]],
  [{ raisedTo: TO }, {}, [{ field: 'raisedAt', lt: TO }]],
  [{ raisedFrom: FROM, raisedTo: TO }, {}, [{ field: 'raisedAt', gte: FROM, lt: TO }]],
])('%j', (filter, where, range) => expect(exceptionFilter(filter, NOW)).toEqual({ where, range }));

test('no status at all', () => expect(exceptionFilter({ status: [] }, NOW)).toBeUndefined());

test('what is not overdue is counted as the others are not', async () => {
  const rows = { count: (_: string, { range, where }: { range?: readonly object[]; where?: object }) => Promise.resolve(range?.length === 0 ? 10 : JSON.stringify(where).includes('open') ? 3 : NaN) };
  const count = (filter: ExceptionFilterInput) => countExceptions(rows as never, filter, NOW);
  expect([await count({ overdue: false }), await count({ overdue: true }), await count({}), await count({ overdue: false, status: [] })]).toEqual([7, 3, 10, 0]);
});
