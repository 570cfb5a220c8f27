// The small streams around intake: quarantine, catalogue, serials, and facts that wait for an order number.
import { given } from '@test/dsl';
import { minute, OPS, paid } from '../order/order.fixtures';
import { catalogueDecider, skuDecider, type CatalogueSku } from './catalogue.decider';
import { quarantineDecider, type DiscardQuarantined, type QuarantinePayload, type RecordReprocessing } from './quarantine.decider';
import { serialDecider, type TakeSerials } from './serial.decider';
import { waitingDecider, type ForwardFacts, type SetFactAside } from './waiting.decider';

const base = { id: 'c-1', actor: OPS, at: minute(0) };

describe('quarantine', () => {
  const payload = {
    quarantineId: 'q-1', system: 'TB', topic: 'orders', externalId: null, payload: { text: '{"x":1}' }, reasons: ['total is missing'], history: false, omits: [], receivedBy: 'TB',
  };
  const quarantine: QuarantinePayload = { ...base, type: 'QuarantinePayload', payload };
  const taken: RecordReprocessing = { ...base, id: 'c-2', type: 'RecordReprocessing', outcome: { taken: true, as: 'CREATED', orderNumber: 'TB2026010900001' } };
  const inVain: RecordReprocessing = { ...base, id: 'c-3', type: 'RecordReprocessing', outcome: { taken: false, reasons: ['placedAt is missing'] } };
  const discard: DiscardQuarantined = { ...base, id: 'c-4', type: 'DiscardQuarantined', reason: 'a test of theirs' };

  test('a payload is kept once, whole', () => {
    given(quarantineDecider, []).when(quarantine).idempotently().then([{ type: 'PayloadQuarantined', occurredAt: minute(0), data: payload }]);
  });
  test('tried again in vain it waits on, with the new reasons', () => {
    given(quarantineDecider, []).when(quarantine, inVain).thenState(({ payload: kept, status }) => {
      expect([status, kept!.reasons]).toEqual(['WAITING', ['placedAt is missing']]);
    });
  });
  test('it is settled once', () => {
    given(quarantineDecider, []).when(quarantine, inVain, taken).thenLike({ type: 'QuarantinedReprocessed', data: { outcome: 'CREATED', by: OPS.id } });
    given(quarantineDecider, []).when(quarantine, taken, taken).then({ rejection: 'AlreadyReprocessed' });
    given(quarantineDecider, []).when(quarantine, taken, discard).then({ rejection: 'AlreadyReprocessed' });
    given(quarantineDecider, []).when(quarantine, discard).idempotently().thenLike({ type: 'QuarantinedDiscarded' });
    given(quarantineDecider, []).when(quarantine, discard, taken).then({ rejection: 'AlreadyDiscarded' });
    given(quarantineDecider, []).when(quarantine, { ...discard, reason: '' }).then({ rejection: 'ReasonMissing' });
    given(quarantineDecider, []).when(discard).then({ rejection: 'QuarantineNotFound' });
  });
});

describe('the catalogue', () => {
  const tea: CatalogueSku = { ...base, type: 'CatalogueSku', sku: 'TEA-100', title: 'Green tea', category: 'tea', system: 'ERP' };
  test('the same content twice is nothing, a change is recorded', () => {
    given(skuDecider, []).when(tea).idempotently().thenLike({ type: 'SkuCatalogued', data: { sku: 'TEA-100' } });
    given(skuDecider, []).when(tea, { ...tea, category: 'drinks' }).thenState((state) => expect(state).toEqual({ title: 'Green tea', category: 'drinks' }));
  });
  test('it opens once', () => {
    given(catalogueDecider, []).when({ ...base, type: 'OpenCatalogue', system: 'ERP' }).idempotently().thenLike({ type: 'CatalogueOpened' });
  });
});

describe('serials', () => {
  const take: TakeSerials = { ...base, type: 'TakeSerials', platform: 'TB', day: '20260109', count: 500 };
  test('blocks follow each other, past 99999', () => {
    given(serialDecider, []).when(take, { ...take, count: 100_000 }, take).thenLike({ type: 'SerialsTaken', data: { from: 100_501, to: 101_000 } });
  });
  test('a block of nothing is refused', () => {
    given(serialDecider, []).when({ ...take, count: 0 }).then({ rejection: 'SerialCountNotPositive' });
  });
});

describe('facts that name an unknown number', () => {
  const ref = { platform: null, externalId: null, orderNumber: 'TB2026010900001' };
  const aside: SetFactAside = { ...base, type: 'SetFactAside', ref, fact: paid(5), factId: 'f-1', system: 'WXPAY' };
  const forward: ForwardFacts = { ...base, id: 'c-2', type: 'ForwardFacts', orderNumber: ref.orderNumber, stream: 'order-TB.4711', factIds: ['f-1'] };
  test('a fact is set aside once and forwarded once', () => {
    given(waitingDecider, []).when(aside).idempotently().thenLike({ type: 'FactSetAside', occurredAt: minute(5), data: { orderNumber: ref.orderNumber, factId: 'f-1' } });
    given(waitingDecider, []).when(aside, forward).idempotently().thenLike({ type: 'FactsForwarded', data: { stream: 'order-TB.4711', factIds: ['f-1'] } });
    given(waitingDecider, []).when(aside, forward, aside).thenNothing();
  });
});
