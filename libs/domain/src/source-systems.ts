// The systems that OrderTrail knows from the start: what each is there for, how it speaks to us, and whose word counts at which node.
// The one table of it: intake takes no other, an order's sources are judged by it, and the API shows it.
import type { WorkflowNode } from './order/order.events';

type SystemKind = 'ECOMMERCE_PLATFORM' | 'PAYMENT_GATEWAY' | 'ORDER_CENTRE' | 'WMS' | 'TMS' | 'CRM' | 'ERP';

interface SourceSystem {
  code: string;
  name: string;
  kind: SystemKind;
  /** How it speaks to us: the topics that it sends. */
  interface: string;
  /** Nodes for which its word counts against that of others; of a platform see `authorityOn`. */
  responsibleFor: readonly WorkflowNode[];
  /** Role of the organisation that looks after the interface. */
  owner: string;
}

// A platform tells of payments too, and is believed where there is no gateway to ask.
const PLATFORM = { kind: 'ECOMMERCE_PLATFORM', interface: 'orders', responsibleFor: ['PAYMENT'], owner: 'csr' } as const;
const GATEWAY = { kind: 'PAYMENT_GATEWAY', interface: 'payments', responsibleFor: ['PAYMENT'], owner: 'finance' } as const;

export const SOURCE_SYSTEMS: readonly SourceSystem[] = [
  { code: 'TB', name: 'Taobao', ...PLATFORM },
  { code: 'TM', name: 'Tmall', ...PLATFORM },
  { code: 'JD', name: 'JD', ...PLATFORM },
  { code: 'DY', name: 'Douyin', ...PLATFORM },
  { code: 'PD', name: 'Pinduoduo', ...PLATFORM },
  { code: 'SF', name: 'Shopify', ...PLATFORM },
  { code: 'WS', name: 'Own webstore', ...PLATFORM },
  { code: 'WMS', name: 'Warehouse management', kind: 'WMS', interface: 'fulfilment', responsibleFor: ['ALLOCATION', 'OUTBOUND'], owner: 'warehouse' },
  { code: 'TMS', name: 'Transport management', kind: 'TMS', interface: 'tracking', responsibleFor: ['DELIVERY'], owner: 'logistics' },
  { code: 'CRM', name: 'Customer relations', kind: 'CRM', interface: 'complaints, surveys', responsibleFor: [], owner: 'csr' },
  { code: 'ERP', name: 'Enterprise resources', kind: 'ERP', interface: 'settlements, skus', responsibleFor: ['SETTLEMENT'], owner: 'finance' },
  { code: 'WXPAY', name: 'WeChat Pay', ...GATEWAY },
  { code: 'ALIPAY', name: 'Alipay', ...GATEWAY },
];

const BY_CODE: ReadonlyMap<string, SourceSystem> = new Map(SOURCE_SYSTEMS.map((system) => [system.code, system]));

export function isSystem(code: string): boolean {
  return BY_CODE.has(code);
}

/** Only a platform may send orders, and only a platform's code may stand before an external id. */
export function isPlatform(code: string): boolean {
  return BY_CODE.get(code)?.kind === 'ECOMMERCE_PLATFORM';
}

/**
 * Nodes at which the word of `system` counts on an order of `platform`, of which the systems `heard` have spoken.
 * A platform is believed of its own orders alone, and of their payment only where no gateway spoke.
 */
export function authorityOn(platform: string, heard: readonly string[], system: string): readonly WorkflowNode[] {
  const { kind, responsibleFor } = BY_CODE.get(system) ?? {};
  if (kind !== 'ECOMMERCE_PLATFORM') return responsibleFor ?? [];
  const isGatewayHeard = heard.some((code) => BY_CODE.get(code)?.kind === 'PAYMENT_GATEWAY');
  return system === platform && !isGatewayHeard ? responsibleFor ?? [] : [];
}
