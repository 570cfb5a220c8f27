// The promised accuracy, and that counts can be taken back.
import * as fc from 'fast-check';
import { countDuration, type DurationSketch, SketchSum } from './duration-sketch';

const durations = fc.array(fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 40_000_000_000 })), { minLength: 1, maxLength: 60 });

function sketchOf(milliseconds: readonly number[]): DurationSketch {
  const sketch: DurationSketch = [];
  for (const one of milliseconds) countDuration(sketch, one, 1);
  return sketch;
}

test('a quantile is within half a per cent of the exact one, over any number of sketches', () => {
  fc.assert(
    fc.property(fc.array(durations, { minLength: 1, maxLength: 4 }), fc.double({ min: 0, max: 1, noNaN: true }), (groups, q) => {
      const sum = new SketchSum();
      for (const group of groups) sum.add(sketchOf(group));
      const all = groups.flat().sort((a, b) => a - b);
      const exact = all[Math.max(1, Math.ceil(q * all.length)) - 1]!;
      expect(Math.abs(sum.quantile(q)! - exact)).toBeLessThanOrEqual(exact * 0.005 * (1 + 1e-9));
    }),
  );
});

test('what is taken back leaves no trace, and the order of counting none either', () => {
  fc.assert(
    fc.property(durations, durations, (kept, gone) => {
      const sketch = sketchOf([...gone, ...kept]);
      for (const one of gone.toReversed()) countDuration(sketch, one, -1);
      expect(sketch).toEqual(sketchOf(kept.toReversed()));
    }),
  );
});

test('nothing counted has no quantile; no time at all is exact', () => {
  expect(new SketchSum().quantile(0.5)).toBeNull();
  const sum = new SketchSum();
  sum.add(sketchOf([0, 0, 1_000]));
  expect(sum.quantile(0.5)).toBe(0);
});
