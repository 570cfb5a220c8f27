// The same month with the same people on the product: the shipped policy, delegations for planned leave, the ladder for the rest.
// Everybody acts by the API; waits are read from the log.
import type { TaskHandedOver } from '@app/domain';
import { instantOf } from '@app/kernel';
import { Approver } from '../approver';
import { Company } from '../company';
import { DELEGATE, REGISTER } from '../staffing';
import { habitsOf, PEOPLE } from './people';
import { MONTH_BEGINS_MS, type Request, STORY_ENDS_MS } from './requests';

const DAY = 86_400_000;
const ADMIN = { sub: 'it.admin', roles: ['admin'] } as const;

export interface Month {
  /** Milliseconds; null: not decided by the end of the story. In the order of the requests. */
  waits: (number | null)[];
  /** Passed without a person. */
  automatic: number;
  handedOver: Record<string, number>;
}

export async function ourMonth(seed: number, requests: readonly Request[], progress: (nowMs: number) => void): Promise<Month> {
  const company = await Company.open({ seed, startMs: MONTH_BEGINS_MS - DAY });
  try {
    for (const { staffId, name, role } of PEOPLE) await company.do(ADMIN, REGISTER, { staffId, name, roles: rolesOf(role) });
    for (const { staffId, name, role, supervisor, backup } of PEOPLE) await company.do(ADMIN, REGISTER, { staffId, name, roles: rolesOf(role), supervisor, backup });
    for (const person of PEOPLE) {
      Approver.join(person.staffId, habitsOf(person, seed), company);
      for (const { fromMs, untilMs, planned } of person.leaves) {
        if (!planned || person.backup === null) continue;
        const delegation = { staffId: person.staffId, to: person.backup, from: instantOf(fromMs), until: instantOf(untilMs) };
        company.at(fromMs - DAY, async () => void (await company.do(ADMIN, DELEGATE, delegation)));
      }
    }
    for (const request of requests) company.at(request.placedMs, () => company.send('WS', 'orders', [payloadOf(request)]));
    await company.run(STORY_ENDS_MS, progress);
    return monthIn(company, requests);
  } finally {
    await company.close();
  }
}

function monthIn({ journal }: Company, requests: readonly Request[]): Month {
  const places = new Map(requests.map(({ externalId }, index) => [`order-WS.${externalId}`, index]));
  const waits = Array.from<number | null>({ length: requests.length }).fill(null);
  const handedOver: Record<string, number> = {};
  let automatic = 0;
  for (const { type, stream, data, meta } of journal) {
    const place = places.get(stream);
    if (place === undefined) continue;
    if (type === 'TaskHandedOver') {
      const { reason } = data as TaskHandedOver['data'];
      handedOver[reason] = (handedOver[reason] ?? 0) + 1;
    }
    if (type !== 'ReviewDecided') continue;
    const isAutomatic = (data as { outcome: string }).outcome === 'AUTO_APPROVED';
    if (isAutomatic) automatic += 1;
    waits[place] = isAutomatic ? 0 : Date.parse(meta.occurredAt) - requests[place]!.placedMs;
  }
  return { waits, automatic, handedOver };
}

function payloadOf({ externalId, placedMs, tier, goods, discount }: Request): unknown {
  return {
    externalId,
    placedAt: instantOf(placedMs),
    updatedAt: instantOf(placedMs),
    paymentTerms: 'CREDIT',
    customer: { customerId: `C-${externalId}`, name: '客户', tier, phone: '13800000000' },
    shippingAddress: { country: 'CN', province: '上海市', city: '上海市', detail: '人民路 1 号' },
    lines: [{ lineId: '1', sku: 'GOODS', title: '货品', quantity: 1, unitPrice: `${goods}` }],
    discount: `${discount}`,
    total: `${goods - discount}`,
    currency: 'CNY',
  };
}

function rolesOf(role: string | null): string[] {
  return role === null ? [] : [role];
}
