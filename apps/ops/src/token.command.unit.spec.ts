// A token that could be used for nothing is not given.
// What is wrong with it is said before anything is read.
import { Command } from 'commander';
import { addTokenCommand } from './token.command';

test.each([
  [['--role', 'integration'], 'names its system'],
  [['--role', 'integration', '--system', 'NOPE'], "There is no source system 'NOPE'. Name one of TB, TM, "],
  [['--role', 'csr', '--system', 'TB'], '--system goes with --role integration'],
  [['--role', 'csr', '--sub', ''], '--sub takes 1 to 200 characters'],
  [['--role', 'csr', '--sub', 'x'.repeat(201)], '--sub takes 1 to 200 characters'],
  [['--role', 'csr', '--days', '0'], '--days takes a whole number'],
])('%j is refused', async (words, said) => {
  const program = new Command();
  addTokenCommand(program, () => {
    throw new Error('The settings were read.');
  });
  await expect(program.parseAsync(['token', ...words], { from: 'user' })).rejects.toThrow(said);
});
