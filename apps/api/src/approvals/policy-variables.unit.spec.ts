// The README's table of what rules may name is the table that types are declared from (UPDATE_README=1 writes it).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { POLICY_VARIABLES } from '@app/domain';

const README = join(__dirname, '../../../../README.md');
const TABLE = /(\| variable \| type \| is \|\n\|---\|---\|---\|\n)((?:\|[^\n]*\n)+)/;

test('the README lists what rules may name', () => {
  const rows = POLICY_VARIABLES.map(({ name, type, means }) => `| \`${name}\` | \`${type}\` | ${means} |\n`).join('');
  const text = readFileSync(README, 'utf8');
  if (process.env['UPDATE_README'] === '1') writeFileSync(README, text.replace(TABLE, (_, head: string) => head + rows));
  expect(TABLE.exec(readFileSync(README, 'utf8'))?.[2]).toBe(rows);
});
