export type * from './ports/event-store';
export type * from './ports/read-model-store';
export type * from './ports/clock';
export type * from './ports/key-vault';
export type * from './ports/signals';
export { BadCursor, DamagedReadModels, MissingTable } from './ports/read-model-store';
