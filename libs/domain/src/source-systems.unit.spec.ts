// Every node but the one that is decided here has a system whose word counts, and every platform is treated alike.
import { WORKFLOW_NODES } from './order/order.events';
import { authorityOn, isPlatform, isSystem, SOURCE_SYSTEMS } from './source-systems';

test('each code stands once, and a platform has two capitals', () => {
  const codes = SOURCE_SYSTEMS.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.every(isSystem)).toBe(true);
  for (const code of codes.filter(isPlatform)) expect(code).toMatch(/^[A-Z]{2}$/);
  expect([isSystem('XX'), isPlatform('XX'), isPlatform('WMS')]).toEqual([false, false, false]);
});

test('somebody is believed at every node that the outside reports; review is ours', () => {
  const nodes = SOURCE_SYSTEMS.flatMap(({ responsibleFor }) => responsibleFor);
  expect(WORKFLOW_NODES.filter((node) => !nodes.includes(node))).toEqual(['REVIEW']);
});

test.each(SOURCE_SYSTEMS.map(({ code }) => code).filter(isPlatform))('%s is believed of the payment of its own orders where no gateway spoke', (code) => {
  expect(authorityOn(code, [code, 'WMS'], code)).toEqual(['PAYMENT']);
  expect(authorityOn(code, [code, 'ALIPAY'], code)).toEqual([]);
  expect(authorityOn('ZZ', [code], code)).toEqual([]);
});

test('the word of other systems counts whoever else spoke', () => {
  expect(authorityOn('TB', ['WXPAY'], 'WXPAY')).toEqual(['PAYMENT']);
  expect(authorityOn('TB', ['WXPAY', 'WMS'], 'WMS')).toEqual(['ALLOCATION', 'OUTBOUND']);
  expect(authorityOn('TB', ['CRM'], 'CRM')).toEqual([]);
  expect(authorityOn('TB', [], 'unheard of')).toEqual([]);
});
