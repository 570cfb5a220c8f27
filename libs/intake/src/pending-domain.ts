// Placeholder until the deciders of the domain are exported.
import type { Command } from '@app/kernel';
import type { Fact, OrderRef } from '@app/domain';
export interface TakeSerials extends Command<'TakeSerials'> { platform: string; day: string; count: number }
export interface SetFactAside extends Command<'SetFactAside'> { system: string; factId: string; ref: OrderRef; fact: Fact }
export interface ForwardFacts extends Command<'ForwardFacts'> { orderNumber: string; stream: string; factIds: string[] }
export interface CatalogueSku extends Command<'CatalogueSku'> { sku: string; title: string; category: string; system: string }
export interface OpenCatalogue extends Command<'OpenCatalogue'> { system: string }
export interface QuarantinePayload extends Command<'QuarantinePayload'> {
  quarantineId: string; system: string; topic: string; externalId: string | null; text: string; reasons: string[]; history: boolean; omits: string[];
}
export interface RecordReprocessing extends Command<'RecordReprocessing'> { outcome: string; orderNumber: string | null }
export interface RecordReprocessingFailure extends Command<'RecordReprocessingFailure'> { reasons: string[] }
export interface DiscardQuarantined extends Command<'DiscardQuarantined'> { reason: string }
export interface QuarantineState { status: 'ABSENT' | 'WAITING' | 'REPROCESSED' | 'DISCARDED'; quarantineId: string; system: string; topic: string; text: string | null; history: boolean; omits: string[]; reasons: string[] }
