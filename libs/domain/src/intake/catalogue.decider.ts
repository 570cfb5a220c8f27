// The catalogue: one stream per SKU, and one that says that there is a catalogue at all.
// The same content twice is nothing; from the first SKU on orders are checked against the catalogue.
import type { Command, Decider } from '@app/kernel';
import { CATALOGUE_EVENT_TYPES, SKU_EVENT_TYPES, type CatalogueOpened, type SkuCatalogued } from './intake.events';

export const CATALOGUE_STREAM = 'catalogue-main';

export function skuStream(sku: string): string {
  return `sku-${sku}`;
}

export interface CatalogueSku extends Command<'CatalogueSku'> {
  sku: string;
  title: string;
  category: string;
  system: string;
}

/** What the catalogue says of the SKU; null while it has none. */
type SkuState = Pick<SkuCatalogued['data'], 'title' | 'category'> | null;

export const skuDecider: Decider<CatalogueSku, SkuCatalogued, SkuState> = {
  category: 'sku',
  eventTypes: SKU_EVENT_TYPES,
  initial: null,
  decide({ at, category, sku, system, title }, state) {
    if (state !== null && state.title === title && state.category === category) return [];
    return [{ type: 'SkuCatalogued', occurredAt: at, data: { sku, title, category, system } }];
  },
  evolve: (_, { data: { title, category } }) => ({ title, category }),
};

export interface OpenCatalogue extends Command<'OpenCatalogue'> {
  system: string;
}

interface CatalogueState {
  open: boolean;
}

export const catalogueDecider: Decider<OpenCatalogue, CatalogueOpened, CatalogueState> = {
  category: 'catalogue',
  eventTypes: CATALOGUE_EVENT_TYPES,
  initial: { open: false },
  decide: ({ at, system }, { open }) => (open ? [] : [{ type: 'CatalogueOpened', occurredAt: at, data: { system } }]),
  evolve: () => ({ open: true }),
};
