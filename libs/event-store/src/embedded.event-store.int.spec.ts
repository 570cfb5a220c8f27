// The embedded log keeps the promises of its port.
import { eventStoreContract } from '../../runtime/src/ports/event-store.contract';
import { openOwned } from './data-directory.fixtures';

eventStoreContract('EmbeddedEventStore', () => openOwned());
