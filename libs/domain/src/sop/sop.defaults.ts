// The SOP library that ships with the product: version 1, published as an event like every later one.
// After that first start the log alone counts: a change here reaches new installations only.
import type { Sop } from './sop.events';

const HOUR = 3600;

export const DEFAULT_SOPS: Sop[] = [
  {
    sopId: 'EXEMPTION_NOT_UPHELD',
    stage: 'IN_SALE',
    severity: 'MODERATE',
    responsible: 'INTERNAL',
    ownerRole: 'ops',
    title: '豁免放行未获认可 / Exemption not upheld',
    steps: [
      '查看放行原因与复核意见，核实订单是否可以履约 / Read why the order was let through and what the review says; find out whether it may be fulfilled',
      '可以履约则解除挂起；不可以则取消，已出库的按退货处理 / If it may, release the hold; if not, cancel the order, or have goods that have left come back as a return',
      '记录根因、责任方与预防措施后关闭 / Resolve the case with root cause, responsible party and what prevents it next time',
    ],
    actions: [
      { code: 'RELEASE_HOLD', label: '放行订单 / Release the hold' },
      { code: 'CANCEL', label: '取消订单 / Cancel the order' },
    ],
    resolveWithinSeconds: 24 * HOUR,
  },
];
