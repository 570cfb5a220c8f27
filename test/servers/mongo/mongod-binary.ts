// Where the mongod of the tests lies: the one that MONGOMS_SYSTEM_BINARY names, else the one that scripts/servers/mongod.sh has brought.
// Nothing is fetched here: a machine without one skips, or fails where servers are required.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const MONGOD_VERSION = '6.0.5';

export function mongodBinary(): string | undefined {
  const { MONGOMS_SYSTEM_BINARY: named, XDG_CACHE_HOME: cache } = process.env;
  const path = named || join(cache || join(homedir(), '.cache'), 'ordertrail', `mongod-${MONGOD_VERSION}`, 'mongod');
  return existsSync(path) ? path : undefined;
}
