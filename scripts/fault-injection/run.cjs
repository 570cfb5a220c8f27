// `node scripts/fault-injection/run.cjs [--short]`: shows with strace that nothing is acknowledged which a failed write or sync has put in doubt.
// `node scripts/fault-injection/run.cjs write DIRECTORY COUNT`: the small process that the faults are injected into.
require('./load-typescript.cjs');
const [command, ...rest] = process.argv.slice(2);
if (command === 'write') void require('./writer.ts').write(rest[0], Number(rest[1]));
else require('./main.ts').main(command === '--short');
