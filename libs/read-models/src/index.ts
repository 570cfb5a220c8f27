export { EmbeddedReadModels } from './embedded.read-models';
