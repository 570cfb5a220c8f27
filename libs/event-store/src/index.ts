export { DataDirectory, makeDataDirectory } from './data-directory';
export { EmbeddedEventReader } from './embedded.event-reader';
export { EmbeddedKeyReader } from './embedded.key-reader';
export { EmbeddedEventStore } from './embedded.event-store';
export { EventStoreDbEventStore } from './eventstoredb.event-store';
export { DataDirectoryInUse, StoreFailed } from './errors';
export { MongoKeyVault } from './mongo.key-vault';
export { readLogMark, writeLogMark } from './mongo.log-mark';
export { adoptTokenKey, hasTokenKey } from './mongo.token-key';
