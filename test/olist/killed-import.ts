// Run as a process of its own: imports into the data directory given
// and says how far it is, until it is killed.
import { importOlist, openStores } from './olist-import';

const [dataDirectory, workFolder] = process.argv.slice(2) as [string, string];
void openStores(dataDirectory).then(orderTrail => importOlist(orderTrail, workFolder, { sent: (count) => process.send?.(count) }));
