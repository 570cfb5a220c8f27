// An order that needs people, a company to decide it, and the commands about its reviews.
// On credit, so that its review begins when it is placed; instants are minutes after that.
import type { Actor } from '@app/kernel';
import { CONTENT, CONTEXT, makeTakeOrder, minute } from '../order/order.fixtures';
import type { OrderCommand, OrderContext, TakeOrder } from '../order/order.commands';
import type { OrderContent, OrderLine } from '../order/order.events';
import type { Person } from '../staff/person';
import { aPerson, read } from '../staff/staff.fixtures';
import type { ApprovalCommand, RoutingContext } from './approval.commands';

const LINE: OrderLine = { lineId: '1', sku: 'TEA-100', title: 'Green tea', category: 'tea', quantity: 1, unitPrice: 0 };
export const NUMBER = 'TB2026010900001';
export const FIRST = `${NUMBER}-1`;
const POLICY_ACTOR: Actor = { id: 'system', role: 'system' };
export const FRONT: Actor = { id: 'li.front', role: 'frontline' };

/** Minutes of a working day: the limit of every step of the shipped policy. */
export const LIMIT = 8 * 60;

/** The boss answers to the chief, everybody else to the boss. */
export const COMPANY: readonly Person[] = [
  aPerson('chief'),
  aPerson('boss', { supervisor: 'chief', roles: ['sales-director'] }),
  aPerson('ming', { supervisor: 'boss', roles: ['regional-manager'], backup: 'bei' }),
  aPerson('mu', { supervisor: 'boss', roles: ['regional-manager'] }),
  aPerson('fang', { supervisor: 'boss', roles: ['finance'] }),
  aPerson('fei', { supervisor: 'boss', roles: ['finance'] }),
  aPerson('fu', { supervisor: 'boss', roles: ['finance'] }),
  aPerson('bei', { supervisor: 'boss' }),
  aPerson(FRONT.id, { supervisor: 'boss' }),
];

/** The company with some of its people as they are here instead. */
export function companyWith(...people: readonly Person[]): Person[] {
  return [...COMPANY.filter(({ staffId }) => !people.some((other) => other.staffId === staffId)), ...people];
}

export function someone(staffId: string, facts: Partial<Person>): Person {
  return { ...COMPANY.find((person) => person.staffId === staffId)!, ...facts };
}

/** What a decision about these people is given by. */
export function among(people: readonly Person[], loads: Readonly<Record<string, number>> = {}): OrderContext & { routing: RoutingContext } {
  return { ...CONTEXT, routing: { people: read(people), loads: new Map(Object.entries(loads)), zone: 'Asia/Shanghai' } };
}

/** `total` in minor units: from 5,000.01 CNY a regional manager decides, from 50,000.01 a sales director and two of finance. */
export function anOrder(total: number, content: Partial<OrderContent> = {}, rest: Partial<TakeOrder> = {}): TakeOrder {
  return makeTakeOrder({ paymentTerms: 'CREDIT', lines: [{ ...LINE, unitPrice: total }], freight: 0, total, ...content }, rest);
}

export const ELEVATED = anOrder(800_000);
export const HIGH = anOrder(6_000_000);
/** Discount of 20 %: a regional manager, a sales director, then everybody in finance. */
export const KEY_ACCOUNT = anOrder(100_000, { customer: { ...CONTENT.customer, tier: 'KEY_ACCOUNT' }, lines: [{ ...LINE, unitPrice: 125_000 }], discount: 25_000 });

type Rest<C> = C extends ApprovalCommand ? Omit<C, 'id' | 'at' | 'actor' | 'context'> : never;

/** `by`: the policy that follows reviews unless somebody is named. */
export function ask(at: number, asked: Rest<ApprovalCommand>, people: readonly Person[] = COMPANY, by: Actor | string = POLICY_ACTOR, loads: Readonly<Record<string, number>> = {}): OrderCommand {
  const actor = typeof by === 'string' ? { id: by, role: 'approver' } : by;
  return { ...asked, id: `${asked.type}-${at}-${actor.id}-${JSON.stringify(asked)}`, at: minute(at), actor, context: among(people, loads) } as OrderCommand;
}

export function route(at: number, step = 1, people: readonly Person[] = COMPANY, loads: Readonly<Record<string, number>> = {}, approvalId = FIRST): OrderCommand {
  return ask(at, { type: 'RouteStep', approvalId, stepId: `${approvalId}-${step}` }, people, POLICY_ACTOR, loads);
}

/** `task`: `1-1` for the first of the first step. */
export function decide(at: number, by: string, task: string, approve = true, people: readonly Person[] = COMPANY): OrderCommand {
  return ask(at, { type: 'DecideTask', taskId: `${FIRST}-${task}`, approve, comment: null }, people, by);
}

export function timeOut(at: number, task: string, people: readonly Person[] = COMPANY): OrderCommand {
  return ask(at, { type: 'HandOverTask', taskId: `${FIRST}-${task}`, reason: 'TIMEOUT' }, people);
}

export function moveAway(at: number, reason: 'DEPARTURE' | 'DELEGATION', task: string, people: readonly Person[]): OrderCommand {
  return ask(at, { type: 'HandOverTask', taskId: `${FIRST}-${task}`, reason }, people);
}
