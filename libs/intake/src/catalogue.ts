// Articles come into the catalogue one by one, each content once; the first opens it, and from then on orders are
// checked against it.
import { CATALOGUE_STREAM, type CatalogueSku, type OpenCatalogue, skuStream } from '@app/domain';
import type { Actor } from '@app/kernel';
import type { Clock, CommandExecutor } from '@app/runtime';
import { skuCommandId } from './identities';
import { settled, type Settlement } from './outcomes';
import type { SkuReading } from './reading';

export class Catalogue {
  private opened: Promise<unknown> | undefined;

  constructor(private readonly deps: { executor: CommandExecutor; clock: Clock }) {}

  async take(reading: SkuReading, system: string, actor: Actor): Promise<Settlement> {
    const { sku, title, category } = reading;
    const stream = skuStream(sku);
    const { revision } = await this.deps.executor.load(stream);
    const at = this.deps.clock.now();
    const command: CatalogueSku = { type: 'CatalogueSku', id: skuCommandId(reading, system, revision), actor, at, sku, title, category, system };
    const result = await this.deps.executor.execute(stream, command);
    if (result.outcome === 'refused') return { rejection: result.rejection };
    await this.open(system, actor);
    const changed = result.events.length > 0 && !result.repeated;
    return settled(!changed ? 'DUPLICATE' : revision < 0 ? 'CREATED' : 'UPDATED', null, null, result.position);
  }

  // After the article, so that an open catalogue is never empty; asked again after a restart, it is open already.
  private open(system: string, actor: Actor): Promise<unknown> {
    if (this.opened === undefined) {
      const command: OpenCatalogue = { type: 'OpenCatalogue', id: 'open-catalogue', actor, at: this.deps.clock.now(), system };
      this.opened = this.deps.executor.execute(CATALOGUE_STREAM, command);
      this.opened.catch(() => (this.opened = undefined));
    }
    return this.opened;
  }
}
