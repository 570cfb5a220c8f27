export { readMapping, MappingError, type Mapping } from './mapping';
