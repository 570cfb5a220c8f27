import { describeWithMongod } from '../servers/mongo/mongo-for-tests';
import { stopServers } from './servers-of-journeys';
import { chooseStores, journeysOnServers } from './stores-of-journeys';

// A busy machine, two servers, and every read model by a share of its own.
jest.setTimeout(120_000);
chooseStores('servers');

describeWithMongod('on EventStoreDB and MongoDB', () => {
  afterAll(stopServers, 60_000);
  journeysOnServers(require);
});
