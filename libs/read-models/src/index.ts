export { EmbeddedReadModels, type EmbeddedReadModelsOptions } from './embedded.read-models';
