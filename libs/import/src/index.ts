export { HttpSink } from './http-sink';
export { type ImportItem, type ImportOutcome, type ImportSink, IntakeSink } from './import-sink';
export { type Mapping, readMapping } from './mapping';
export { type ImportReport, runImport } from './run-import';
