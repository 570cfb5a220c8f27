export { DataDirectory, type DataDirectoryOwner } from './data-directory';
export { EmbeddedEventReader } from './embedded.event-reader';
export { EmbeddedEventStore, type EmbeddedEventStoreOptions, type EmbeddedStats } from './embedded.event-store';
export { EmbeddedKeyVault } from './embedded.key-vault';
export { DataDamaged, DataDirectoryInUse, StoreFailed } from './errors';
