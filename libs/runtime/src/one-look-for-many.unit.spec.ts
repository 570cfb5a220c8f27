// Whoever asks after a change sees it; whoever asks together is served by one look.
import { OneLookForMany } from './one-look-for-many';

const turn = (): Promise<void> => new Promise(setImmediate);

describe('OneLookForMany', () => {
  it('serves by one look who asks before it begins, and by the next who asks later', async () => {
    let truth = 1;
    let begun = 0;
    const answers: (() => void)[] = [];
    const shared = new OneLookForMany(async () => {
      begun += 1;
      const seen = truth;
      await new Promise<void>(answer => answers.push(answer));
      return seen;
    });
    const early = [shared.look(), shared.look()];
    await turn();
    expect(begun).toBe(1);
    truth = 2;
    const late = [shared.look(), shared.look()];
    await turn();
    expect(begun).toBe(1);
    answers.shift()!();
    expect(await Promise.all(early)).toEqual([1, 1]);
    await turn();
    expect(begun).toBe(2);
    answers.shift()!();
    expect(await Promise.all(late)).toEqual([2, 2]);
  });

  it('looks again after a look that failed', async () => {
    let works = false;
    const shared = new OneLookForMany(() => (works ? Promise.resolve('seen') : Promise.reject(new Error('away'))));
    await expect(Promise.all([shared.look(), shared.look()])).rejects.toThrow('away');
    works = true;
    expect(await shared.look()).toBe('seen');
  });
});
