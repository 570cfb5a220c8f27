// What was sold on a platform on a business day: the totals of the orders placed then, cancelled ones left out.
// A row for each currency: amounts of different ones have no sum.
import type { Projection } from '@app/kernel';
import { ORDER_EVENT_TYPES, type OrderPlaced } from '@app/domain';

export interface TurnoverRow {
  platform: string;
  /** yyyymmdd in the business time zone. */
  day: string;
  currency: string;
  /** Minor units. */
  turnover: number;
  /** Orders placed, cancelled ones too. */
  orders: number;
}

const NO_KEYS: readonly string[] = [];
const PLATFORM_AND_DAY = /^(.+?)(\d{8})\d{5,}$/;

export const platformTurnover: Projection<TurnoverRow> = {
  name: 'platform-turnover',
  version: 1,
  reads: { order: Object.keys(ORDER_EVENT_TYPES) },
  indexes: [],
  sharding: 'whole',

  keys({ type, data }) {
    const change = turnoverChange(type, data);
    return change === undefined ? NO_KEYS : [change.key];
  },

  fold(row, { type, data }, key) {
    const { change } = turnoverChange(type, data)!;
    const [platform, day, currency] = key.split('/') as [string, string, string];
    const { turnover, orders } = row ?? { turnover: 0, orders: 0 };
    return { platform, day, currency, turnover: turnover + change, orders: orders + (type === 'OrderPlaced' ? 1 : 0) };
  },
};

/** Key of the row in which an order counts: the day is the one inside its number. */
export function turnoverKey(orderNumber: string, currency: string): string {
  const [, platform = orderNumber, day = ''] = PLATFORM_AND_DAY.exec(orderNumber) ?? [];
  return `${platform}/${day}/${currency}`;
}

/** What an event of an order adds to the turnover of which row, in minor units; undefined where it adds nothing. */
export function turnoverChange(type: string, data: unknown): { key: string; change: number } | undefined {
  if (type === 'OrderPlaced') {
    const { orderNumber, currency, total } = data as OrderPlaced['data'];
    return { key: turnoverKey(orderNumber, currency), change: total };
  }
  const { orderNumber, turnover } = data as Partial<Pick<OrderPlaced['data'], 'orderNumber' | 'turnover'>>;
  return turnover === undefined || orderNumber === undefined ? undefined : { key: turnoverKey(orderNumber, turnover.currency), change: turnover.is - turnover.was };
}
