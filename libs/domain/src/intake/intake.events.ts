// STORAGE FORMAT. Names and shapes here are what the log holds for ever.
// Streams: quarantine-<id>, sku-<sku>, catalogue-main, serial-<platform><yyyymmdd>, waiting-<orderNumber>, zone-main.
import type { DomainEvent } from '@app/kernel';

/** Something sent that cannot be read. `payload` is the text as it came, sealed with the quarantine's own key. */
export type PayloadQuarantined = DomainEvent<
  'PayloadQuarantined',
  {
    quarantineId: string;
    system: string;
    topic: string;
    externalId: string | null;
    payload: { text: string };
    reasons: string[];
    /** As it was sent: how a reprocessing must take it. */
    history: boolean;
    omits: string[];
    receivedBy: string;
  }
>;
/** Taken after all: the outcome says as what. */
export type QuarantinedReprocessed = DomainEvent<'QuarantinedReprocessed', { quarantineId: string; outcome: string; orderNumber: string | null; by: string }>;
export type QuarantinedDiscarded = DomainEvent<'QuarantinedDiscarded', { quarantineId: string; reason: string; by: string }>;
/** Tried again and still not readable. */
export type ReprocessingFailed = DomainEvent<'ReprocessingFailed', { quarantineId: string; reasons: string[]; by: string }>;
export type QuarantineEvent = PayloadQuarantined | QuarantinedReprocessed | QuarantinedDiscarded | ReprocessingFailed;
export const QUARANTINE_EVENT_TYPES = {
  PayloadQuarantined: 1,
  QuarantinedReprocessed: 1,
  QuarantinedDiscarded: 1,
  ReprocessingFailed: 1,
} as const satisfies Record<QuarantineEvent['type'], number>;

/** What cannot be read cannot be told apart: the whole text is sealed, with a key of the quarantine's own. */
export const QUARANTINE_PERSONAL_DATA = { PayloadQuarantined: { subject: '=quarantine', groups: { payload: ['text'] } } } as const;

export type SkuCatalogued = DomainEvent<'SkuCatalogued', { sku: string; title: string; category: string; system: string }>;
export const SKU_EVENT_TYPES = { SkuCatalogued: 1 } as const;

/** The first SKU ever: from here on orders are checked against the catalogue. */
export type CatalogueOpened = DomainEvent<'CatalogueOpened', { system: string }>;
export const CATALOGUE_EVENT_TYPES = { CatalogueOpened: 1 } as const;

/** A block of order numbers of one platform and day, for one process to hand out. Gaps are allowed. */
export type SerialsTaken = DomainEvent<'SerialsTaken', { platform: string; day: string; from: number; to: number }>;
export const SERIAL_EVENT_TYPES = { SerialsTaken: 1 } as const;
