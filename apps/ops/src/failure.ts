// A command that is refused or fails says one clear sentence on stderr and ends with 1; wrong usage ends with 2.

/** Ends the command with exit code 1 and this sentence. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** Ends the command with exit code 2 and this sentence. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}
