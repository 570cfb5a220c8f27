// A server is told what to do by its settings alone: an argument that it ignored would be believed.
// Commands and their options are of `ops`.
export function refuseArguments([, , ...given]: readonly string[]): void {
  if (given.length > 0) throw new Error(`A server takes no arguments (${given.join(' ')}): its settings are environment variables in ORDERTRAIL_.`);
}
