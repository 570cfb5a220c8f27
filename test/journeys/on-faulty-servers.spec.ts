import { describeWithMongod } from '../servers/mongo/mongo-for-tests';
import { stopServers } from './servers-of-journeys';
import { chooseStores, journeysOnServers } from './stores-of-journeys';

chooseStores('faulty-servers');

describeWithMongod('on EventStoreDB and MongoDB, with connections that are cut, late and silent', () => {
  afterAll(stopServers, 60_000);
  journeysOnServers(require);
});
