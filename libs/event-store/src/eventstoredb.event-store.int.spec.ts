// The log in EventStoreDB keeps the promises of its port.
import { eventStoreContract } from '../../runtime/src/ports/event-store.contract';
import { openOnServer } from '../../../test/servers/eventstoredb/stores-for-tests';

eventStoreContract('EventStoreDbEventStore', () => openOnServer());
if (process.env.EVENTSTOREDB_URL === undefined) {
  eventStoreContract('EventStoreDbEventStore, where a batch has one commit position and prepares of its own,', () => openOnServer({ positions: 'split' }));
}
