// Where things lie in a data directory, apart from the log's own files.
// The names are fixed: backups and other releases rely on them.
import { join } from 'node:path';

/** Rows of the projections; can be rebuilt from the log. */
export function readModelsPath(dataDirectory: string): string {
  return join(dataDirectory, 'read-models.db');
}

/** Private rows of the policies, their timers among them. */
export function policiesPath(dataDirectory: string): string {
  return join(dataDirectory, 'policies.db');
}

/** Answers that their senders have not read yet. */
export function spoolPath(dataDirectory: string): string {
  return join(dataDirectory, 'spool');
}

/** Notifications that no mail server or SMS gateway takes: one JSON line each. */
export function outboxPath(dataDirectory: string): string {
  return join(dataDirectory, 'outbox.jsonl');
}

/** Rows of rebuilds that are under way, where the rows themselves are at a server. */
export function scratchPath(dataDirectory: string): string {
  return join(dataDirectory, 'scratch');
}
