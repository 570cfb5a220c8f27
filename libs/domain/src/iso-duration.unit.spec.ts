// Limits as they are written, measured times in hours; both are read back exactly.
import { elapsedDuration, isoDuration, secondsOf } from './iso-duration';

test.each([[1800, 'PT30M'], [5400, 'PT1H30M'], [28_800, 'PT8H'], [86_400, 'PT24H'], [604_800, 'P7D'], [0, 'PT0S'], [61, 'PT1M1S'], [176_461, 'PT49H1M1S']])('a limit of %d s is %s', (seconds, text) => {
  expect(isoDuration(seconds)).toBe(text);
  expect(secondsOf(text)).toBe(seconds);
});

test.each([[0, 'PT0S'], [59.6, 'PT1M'], [135_239, 'PT37H33M59S'], [198_271, 'PT55H4M31S'], [172_800, 'PT48H'], [604_800, 'PT168H'], [-90, '-PT1M30S']])('a measured time of %d s is %s', (seconds, text) => {
  expect(elapsedDuration(seconds)).toBe(text);
});

test('years, months, fractions and empty forms are none', () => {
  expect(['P1Y', 'P1M', 'P', 'PT', 'PT0.5S', ''].map(secondsOf)).toEqual([undefined, undefined, undefined, undefined, undefined, undefined]);
});
