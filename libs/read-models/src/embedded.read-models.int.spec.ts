// The embedded read models keep what the port promises.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModelStoreContract } from '../../runtime/src/ports/read-model-store.contract';
import { EmbeddedReadModels } from './embedded.read-models';

readModelStoreContract('embedded', () => {
  const directory = mkdtempSync(join(tmpdir(), 'read-models-'));
  const path = join(directory, 'read-models.db');
  return {
    open: async () => EmbeddedReadModels.open(path),
    reader: async () => EmbeddedReadModels.open(path, { readOnly: true }),
    dispose: async () => rmSync(directory, { recursive: true }),
  };
});
