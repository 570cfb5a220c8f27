import { describeWithMongod } from '../servers/mongo/mongo-for-tests';
import { stopServers } from './servers-of-journeys';
import { chooseStores, journeysOnServers } from './stores-of-journeys';

chooseStores('servers');

describeWithMongod('on EventStoreDB and MongoDB', () => {
  afterAll(stopServers, 60_000);
  journeysOnServers(require);
});
