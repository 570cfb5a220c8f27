// The README's days are executed: an order's journey, the approver's and the manager's, each command as it stands there, in a shell,
// against a product process of its own. Nothing is refused, what is documented is answered, and what takes a moment is waited for.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, inTemporaryDirectory, startServer } from '../../scripts/bench/processes';
import { Shell, type Step, stepsIn } from './shell';

const ROOT = join(__dirname, '../..');
const WAIT_MS_MAX = 30_000;
/** The server is started by the test, on a port and a directory of its own. */
const BEGINS = ['npm run build', 'ORDERTRAIL_DATA=/tmp/trail npm run -s start &'];

/** What a command answers beside what the README shows, by a piece of it. Those that only ask are asked until they do. */
const ANSWERS: readonly [RegExp, RegExp][] = [
  [/placeHold/, /"status":"AWAITING_PAYMENT","holds":\[\{"holdId"/],
  [/-d '\{"orderNumber": "WS2026112000001", "paymentId"/, /"outcome":"ACCEPTED"/],
  [/status paidAt holds/, /"status":"AWAITING_PAYMENT","paidAt":"2026-11-20T02:05:00.000Z","holds":\[\{"holdId"/],
  [/releaseHold/, /"status":"AWAITING_ALLOCATION","node":"ALLOCATION","nodeDueAt":"2/],
  [/DISPATCHED/, /"outcome":"ACCEPTED"/],
  [/replay WS2026112000001 +#/, /ShipmentDispatched/],
  [/--until 2/, /OrderPlaced/],
  [/A-2001/, /"orderNumber":"WS2026112000002","outcome":"CREATED"/],
  [/assignee: \\"hu.south\\"/, /"taskId":"WS2026112000002-1-1-1","orderNumber":"WS2026112000002".*"amount":"9160.00"/],
  [/setDelegation/, /"delegation":\{"to":"ma.east"/],
  [/decideTask/, /"status":"APPROVED","matchedRule":"elevated: /],
  [/approvalBacklog/, /"pending":0,"overdue":0,"byRole":\[\{"key":"regional-manager","pending":0,"decided":1,.*"alerts":\[\{"kind":/],
  [/routeChecks/, /"rule":"elevated","step":1,"role":"regional-manager","primary":"ma.east","backup":null,"problem":"NO_BACKUP"/],
  [/markDeparted/, /"active":false/],
  [/previewGreenChannel/, /"token":".+","count":0,/],
  [/A-3001/, /"orderNumber":"WS2026112000003","outcome":"CREATED"/],
  [/grantExemption/, /"status":"AWAITING_ALLOCATION"/],
  [/ exception\(exceptionId/, /"type":"EXEMPTION_NOT_UPHELD","status":"OPEN".*"evidence":\{.*"comment":"no licence".*"actions":\[\{"code":"RELEASE_HOLD"\},\{"code":"CANCEL"\}\]/],
  [/takeAction/, /"owner":"ops","actions":\[\{"code":"CANCEL","outcome":"DONE"\}\]/],
  [/resolveException/, /"status":"RESOLVED"/],
  [/decisionReplay/, /"matchedRule":"elevated.*","sameAsRecorded":true,"approverAuthority":\["ma.east .+"\]/],
];

const missing = ['bash', 'curl', 'sed'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
if (missing.length > 0) process.stderr.write(`SKIPPED: ${missing.join(', ')} not here, so the commands of the README were not executed.\n`);

(missing.length > 0 ? it.skip : it)('the commands of the README do what it says', async () => {
  const steps = stepsIn(daysOf(readFileSync(join(ROOT, 'README.md'), 'utf8')));
  expect(steps.slice(0, BEGINS.length).map(({ command }) => command)).toEqual(BEGINS);
  const answered = new Set<RegExp>();
  await inTemporaryDirectory(async (directory) => {
    const port = await freePort();
    const server = await startServer(directory, port, { env: { ORDERTRAIL_ROLE: 'both' } });
    const shell = new Shell({ cwd: ROOT, env: { PATH: process.env['PATH'], HOME: directory } });
    try {
      for (const { command, comments } of steps.slice(BEGINS.length)) {
        const expected = ANSWERS.filter(([piece]) => piece.test(command));
        for (const [piece] of expected) answered.add(piece);
        await answers(shell, { command: moved(command, directory, port), comments }, expected.map(([, answer]) => answer));
      }
    } finally {
      await shell.close();
      await server.stop();
    }
  });
  expect(ANSWERS.filter(([piece]) => !answered.has(piece))).toEqual([]);
}, 180_000);

function daysOf(readme: string): string {
  const [from, until] = ["## One order's journey", '## What a source may rely on'].map((heading) => readme.indexOf(heading));
  if (from! < 0 || until! < from!) throw new Error('The README has other headings by now.');
  return readme.slice(from, until);
}

/** To the server of the test; npm's start takes longer than the command. */
function moved(command: string, directory: string, port: number): string {
  return command
    .replaceAll('localhost:3000', `127.0.0.1:${port}`)
    .replaceAll('/tmp/trail', directory)
    .replaceAll('npm run -s ops --', `${process.execPath} dist/apps/ops/src/main.js`);
}

async function answers(shell: Shell, { command, comments }: Step, expected: readonly RegExp[]): Promise<void> {
  const asksOnly = !/mutation|curl.*intake|=\$\(|\(\) \{/.test(command);
  for (const until = performance.now() + WAIT_MS_MAX; ; ) {
    const { out, code } = await shell.run(command);
    try {
      expect({ command, code, out }).toMatchObject({ code: 0, out: expect.not.stringMatching(/"errors":\[[^\]]/) });
      for (const answer of expected) expect(out).toMatch(answer);
      for (const comment of comments) expectShown(comment, out);
      return;
    } catch (error) {
      if (!asksOnly || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** `# {...}` is the whole answer, whatever its position; `# ... {...}` a part of it; other comments are for people. */
function expectShown(comment: string, out: string): void {
  const part = /^# \.\.\. (\{.*\})$/.exec(comment)?.[1];
  if (part !== undefined) expect(out).toContain(part);
  const whole = /^# (\{.*\})$/.exec(comment)?.[1];
  if (whole !== undefined) expect(JSON.parse(out)).toEqual({ ...(JSON.parse(whole) as object), position: expect.any(String) });
}
