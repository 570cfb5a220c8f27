// `node scripts/fault-injection/run.cjs [--short]`: shows with strace that nothing is acknowledged which a failed write or sync has put in doubt.
// `node scripts/fault-injection/run.cjs write DIRECTORY COUNT`: the small process that the faults are injected into.
require('./load-typescript.cjs');
require(process.argv[2] === 'write' ? './writer.ts' : './main.ts');
