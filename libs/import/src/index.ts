export { HttpSink, HttpSinkError, type HttpSinkOptions } from './http-sink';
export { type ImportItem, type ImportOutcome, type ImportSink, IntakeSink } from './import-sink';
export { type Mapping, MappingError, readMapping } from './mapping';
export { type ImportOptions, type ImportProgress, type ImportReport, runImport } from './run-import';
