import { describeWithMongod } from '../servers/mongo/mongo-for-tests';
import { stopServers } from './servers-of-journeys';
import { chooseStores, journeysOnServers } from './stores-of-journeys';

// A busy machine, two servers, and every read model by a share of its own.
jest.setTimeout(120_000);
chooseStores('faulty-servers');

describeWithMongod('on EventStoreDB and MongoDB, with connections that are cut, late and silent', () => {
  afterAll(stopServers, 60_000);
  journeysOnServers(require);
});
