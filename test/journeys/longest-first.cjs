// The order in which Jest takes the spec files: those that last minutes first, so that no core waits for one of them at the end.
// The others as Jest would take them, by what it knows of their last run or by their size.
const { default: Sequencer } = require('@jest/test-sequencer');

const LONGEST = ['on-faulty-servers.spec.ts', 'on-servers.spec.ts'];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const place = LONGEST.findIndex((name) => path.endsWith(`/${name}`));
      return place < 0 ? LONGEST.length : place;
    };
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
