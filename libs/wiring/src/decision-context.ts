// What orders are decided by beside their own stream: settings and catalogue, read from their streams, never from
// projections, so that a command that begins after a publication was acknowledged sees it. Many commands share a read.
import { LRUCache } from 'lru-cache';
import type { Command } from '@app/kernel';
import { type OrderCommand, type OrderContext, type OrderState, SETTINGS_STREAM, type SettingsVersion, skusToCheck } from '@app/domain';
import { type EventStore, OneLookForMany } from '@app/runtime';

const KNOWN_SKUS_MAX = 200_000;

export class DecisionContext {
  private versions: readonly SettingsVersion[] = [];
  private catalogueOpen = false;
  /** An SKU never leaves the catalogue, so a hit stays good. */
  private readonly knownSkus = new LRUCache<string, true>({ max: KNOWN_SKUS_MAX });
  private readonly settingsLook = new OneLookForMany(() => this.readSettings());
  private readonly lookedUp = new WeakMap<object, Promise<readonly SettingsVersion[]>>();
  private readonly openLookedUp = new WeakMap<object, Promise<boolean>>();
  private readonly catalogueLook = new OneLookForMany(() => this.readCatalogueOpen());

  constructor(private readonly store: Pick<EventStore, 'read'>) {}

  /** Adds the context to a command for an order; leaves others as they are. Settings that were looked up for one are good for all that are decided `together`. */
  async prepare(category: string, command: Command, state: unknown, together: object = {}): Promise<Command> {
    if (category !== 'order') return command;
    let looked = this.lookedUp.get(together);
    if (looked === undefined) this.lookedUp.set(together, (looked = this.settings()));
    const [settings, catalogue] = await Promise.all([looked, this.catalogue(skusToCheck(command as OrderCommand, state as OrderState), together)]);
    return Object.assign(command, { context: { settings, catalogue } satisfies OrderContext });
  }

  /** Every version, oldest first. */
  settings(): Promise<readonly SettingsVersion[]> {
    return this.settingsLook.look();
  }

  /** Of these SKUs the catalogued ones; null while there is no catalogue. */
  async catalogue(skus: readonly string[], together: object = {}): Promise<ReadonlySet<string> | null> {
    if (!this.catalogueOpen) {
      let looked = this.openLookedUp.get(together);
      if (looked === undefined) this.openLookedUp.set(together, (looked = this.catalogueLook.look()));
      if (!(await looked)) return null;
    }
    const isKnown = await Promise.all(skus.map(async (sku) => this.knownSkus.has(sku) || this.readSku(sku)));
    return new Set(skus.filter((_, index) => isKnown[index]));
  }

  private async readSku(sku: string): Promise<boolean> {
    const found = (await this.store.read(`sku-${sku}`)).length > 0;
    if (found) this.knownSkus.set(sku, true);
    return found;
  }

  private async readSettings(): Promise<readonly SettingsVersion[]> {
    const newer = await this.store.read(SETTINGS_STREAM, this.versions.length);
    if (newer.length > 0) {
      const fresh = newer.map((event) => event.data as SettingsVersion).filter((version) => version.version > this.versions.length);
      this.versions = [...this.versions, ...fresh];
    }
    return this.versions;
  }

  private async readCatalogueOpen(): Promise<boolean> {
    this.catalogueOpen = (await this.store.read('catalogue-main')).length > 0;
    return this.catalogueOpen;
  }
}
