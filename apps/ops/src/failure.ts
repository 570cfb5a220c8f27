// A command that is refused or fails says one clear sentence on stderr and ends with 1; wrong usage ends with 2.
// What is thrown as anything else is told the same way: no stack trace reaches the user.

/** Ends the command with exit code 1 and this sentence. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** Ends the command with exit code 2 and this sentence. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}
