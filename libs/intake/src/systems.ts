// The systems that intake knows from the start: what each is there for, and whose word counts for which node.
// A system that is not listed is unknown to every route.
import type { WorkflowNode } from '@app/domain';
import { type Rejection, reject } from '@app/kernel';
import { isTopic, type Topic, TOPICS } from './topics';

type SystemKind = 'ECOMMERCE_PLATFORM' | 'PAYMENT_GATEWAY' | 'ORDER_CENTRE' | 'WMS' | 'TMS' | 'CRM' | 'ERP';

interface KnownSystem {
  code: string;
  name: string;
  kind: SystemKind;
  /** How it speaks to us. */
  interface: string;
  /** Nodes for which its word counts against that of others. */
  responsibleFor: readonly WorkflowNode[];
  /** Role of the organisation that looks after the interface. */
  owner: string;
}

// A marketplace keeps the buyer's money itself, so it is the authority for payment; the shop systems leave that to a gateway.
const MARKETPLACE: Pick<KnownSystem, 'kind' | 'interface' | 'responsibleFor' | 'owner'> = {
  kind: 'ECOMMERCE_PLATFORM', interface: 'orders', responsibleFor: ['PAYMENT'], owner: 'csr',
};
const SHOP_SYSTEM = { ...MARKETPLACE, responsibleFor: [] };
const GATEWAY: Pick<KnownSystem, 'kind' | 'interface' | 'responsibleFor' | 'owner'> = {
  kind: 'PAYMENT_GATEWAY', interface: 'payments', responsibleFor: ['PAYMENT'], owner: 'finance',
};

export const KNOWN_SYSTEMS: readonly KnownSystem[] = [
  { code: 'TB', name: 'Taobao', ...MARKETPLACE },
  { code: 'TM', name: 'Tmall', ...MARKETPLACE },
  { code: 'JD', name: 'JD', ...MARKETPLACE },
  { code: 'DY', name: 'Douyin', ...MARKETPLACE },
  { code: 'PD', name: 'Pinduoduo', ...MARKETPLACE },
  { code: 'SF', name: 'Shopify', ...SHOP_SYSTEM },
  { code: 'WS', name: 'Own webstore', ...SHOP_SYSTEM },
  { code: 'WMS', name: 'Warehouse management', kind: 'WMS', interface: 'fulfilment', responsibleFor: ['ALLOCATION', 'OUTBOUND'], owner: 'warehouse' },
  { code: 'TMS', name: 'Transport management', kind: 'TMS', interface: 'tracking', responsibleFor: ['DELIVERY'], owner: 'logistics' },
  { code: 'CRM', name: 'Customer relations', kind: 'CRM', interface: 'complaints, surveys', responsibleFor: [], owner: 'csr' },
  { code: 'ERP', name: 'Enterprise resources', kind: 'ERP', interface: 'settlements, skus', responsibleFor: ['SETTLEMENT'], owner: 'finance' },
  { code: 'WXPAY', name: 'WeChat Pay', ...GATEWAY },
  { code: 'ALIPAY', name: 'Alipay', ...GATEWAY },
];

const BY_CODE: ReadonlyMap<string, KnownSystem> = new Map(KNOWN_SYSTEMS.map((system) => [system.code, system]));

/** Only a platform may send orders, and only a platform's code may stand before an external id. */
export function isPlatform(code: string): boolean {
  return BY_CODE.get(code)?.kind === 'ECOMMERCE_PLATFORM';
}

interface IntakeRoute {
  system: string;
  topic: Topic;
}

/** The route of `/intake/{system}/{topic}`; SystemUnknown or TopicUnknown (both: not found) otherwise. */
export function intakeRoute(system: string, topic: string): IntakeRoute | Rejection<'SystemUnknown' | 'TopicUnknown'> {
  if (!BY_CODE.has(system)) {
    return reject('SystemUnknown', `There is no system ${system}. Known are ${[...BY_CODE.keys()].join(', ')}.`, { system });
  }
  if (!isTopic(topic)) return reject('TopicUnknown', `There is no topic ${topic}. Known are ${TOPICS.join(', ')}.`, { topic });
  return { system, topic };
}
