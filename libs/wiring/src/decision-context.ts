// What orders are decided by beside their own stream: settings and catalogue, read from their streams, never from
// projections, so that a command that begins after a publication was acknowledged sees it.
import { LRUCache } from 'lru-cache';
import type { Command } from '@app/kernel';
import { type OrderCommand, type OrderContext, type OrderState, SETTINGS_STREAM, type SettingsVersion, skusToCheck } from '@app/domain';
import type { EventStore } from '@app/runtime';

const KNOWN_SKUS_MAX = 200_000;

export class DecisionContext {
  private versions: readonly SettingsVersion[] = [];
  private catalogueOpen = false;
  /** An SKU never leaves the catalogue, so a hit stays good. */
  private readonly knownSkus = new LRUCache<string, true>({ max: KNOWN_SKUS_MAX });
  /** Reads that every command of one turn of the event loop shares. */
  private turn: { settings?: Promise<readonly SettingsVersion[]>; catalogueOpen?: Promise<boolean> } | undefined;

  constructor(private readonly store: EventStore) {}

  /** Adds the context to a command for an order; leaves others as they are. */
  async prepare(category: string, command: Command, state: unknown): Promise<Command> {
    if (category !== 'order') return command;
    const [settings, catalogue] = await Promise.all([this.settings(), this.catalogue(skusToCheck(command as OrderCommand, state as OrderState))]);
    return Object.assign(command, { context: { settings, catalogue } satisfies OrderContext });
  }

  /** Every version, oldest first. */
  settings(): Promise<readonly SettingsVersion[]> {
    return (this.thisTurn().settings ??= this.readSettings());
  }

  /** Of these SKUs the catalogued ones; null while there is no catalogue. */
  async catalogue(skus: readonly string[]): Promise<ReadonlySet<string> | null> {
    if (!this.catalogueOpen && !(await (this.thisTurn().catalogueOpen ??= this.readCatalogueOpen()))) return null;
    const found = new Set<string>();
    for (const sku of skus) {
      if (this.knownSkus.has(sku) || (await this.store.read(`sku-${sku}`)).length > 0) {
        this.knownSkus.set(sku, true);
        found.add(sku);
      }
    }
    return found;
  }

  private thisTurn(): NonNullable<typeof this.turn> {
    if (this.turn === undefined) {
      this.turn = {};
      setImmediate(() => (this.turn = undefined));
    }
    return this.turn;
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
