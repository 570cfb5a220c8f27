export { EmbeddedReadModels } from './embedded.read-models';
export { connectMongo } from './mongo.connection';
export { heldShares, MongoLeases } from './mongo.leases';
export { MongoReadModels } from './mongo.read-models';
export { MongoSignals } from './mongo.signals';
