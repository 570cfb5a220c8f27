// A failing sync or write is never acknowledged, and nothing is written after it (short form of scripts/fault-injection).
// Needs strace: skipped loudly without it, and failing when REQUIRE_STRACE=1.
import { spawnSync } from 'node:child_process';
import { FAULTS } from './writer.fixtures';

const hasStrace = spawnSync('strace', ['-V']).status === 0;

if (!hasStrace && process.env['REQUIRE_STRACE'] !== '1') {
  process.stderr.write('SKIPPED: strace is not installed, so failing syncs cannot be tried here.\n');
}

(hasStrace || process.env['REQUIRE_STRACE'] === '1' ? it : it.skip)('never acknowledges what a failing disk has put in doubt', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [FAULTS, '--short'], { encoding: 'utf8' });
  expect({ status, stderr, stdout }).toMatchObject({ status: 0, stderr: '' });
  expect(stdout).toContain(' 0 broken promises');
}, 120_000);
