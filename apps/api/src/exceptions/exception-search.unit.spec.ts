// Each field of the filter comes to one condition on rows, and none where it is left out.
// What cannot match anything is not asked for.
import type { ExceptionFilterInput } from './exception.types';
import { exceptionFilter } from './exception-search';

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
