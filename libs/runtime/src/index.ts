export type * from './ports/event-store';
export type * from './ports/read-model-store';
export type * from './ports/clock';
export type * from './ports/key-vault';
export type * from './ports/signals';
export { BadCursor, DamagedReadModels, MissingTable } from './ports/read-model-store';
export { type AnyDecider, type CommandExecutor, type CommandResult, DecidingExecutor, eventId, type ExecutorDeps, UnsettledConflict, uuidOf } from './execute-command';
export { PersonalData, type PersonalDataSpec, type PersonalDataSpecs, type SealedGroup } from './personal-data';
