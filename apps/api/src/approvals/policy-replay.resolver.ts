// Past decisions of the approval policy made again: one of them with the rules and inputs of its own time, and all of a period with
// other rules. The latter is also the dry run before a policy is published.
import {
  type ApprovalRule, authorityOf, type DecidedTask, factsOf, invalidPolicy, type People, personAfter, type Person, type ReviewBegun, type ReviewDecided, type ReviewStarted, ROSTER_STREAM, routedAgain,
  sameSteps, type StaffEvent, type StaffListed, staffStream, type TaskChange, type TaskDecided, type TaskHandedOver,
} from '@app/domain';
import type { Position, Recorded } from '@app/kernel';
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import { Allow, EVERYTHING } from '../access/caller';
import { DateTimeScalar } from '../graphql/scalars';
import { checked } from '../graphql/validation';
import { OrderReader } from '../orders/order-reader';
import { badInput, rejected } from '../rejection.presenter';
import { PastReviews } from './past-reviews';
import { presentSteps, rulesOf } from './policy.presenter';
import { CounterfactualType, DecisionReplayType } from './policy-replay.types';
import { ApprovalRuleInput } from './policy.types';

const SAMPLES_MAX = 20;
/** Each is folded from its stream: more would keep others waiting for minutes. */
const ORDERS_MAX = 200_000;

/** Everybody with the events of their stream. */
type StaffHistory = readonly (readonly [staffId: string, events: readonly Recorded[]])[];

@Resolver()
export class PolicyReplayResolver {
  private readonly past: PastReviews;

  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly orders: OrderReader,
  ) {
    this.past = new PastReviews(orderTrail);
  }

  @Query(() => DecisionReplayType, { nullable: true })
  @Allow(EVERYTHING)
  async decisionReplay(@Args('approvalId', { type: () => ID }) approvalId: string): Promise<DecisionReplayType | null> {
    const [orderNumber] = approvalId.split('-');
    const stream = orderNumber === undefined || orderNumber === '' ? undefined : await this.orders.streamOf(orderNumber);
    if (stream === undefined) return null;
    const [settings, policies] = await Promise.all([this.orderTrail.context.settings(), this.orderTrail.context.policies()]);
    const { events, reviews } = await this.past.of(stream, settings);
    const review = reviews.find((one) => one.approvalId === approvalId);
    if (review === undefined) return null;
    const { order, platform } = factsOf(review, settings);
    const inputs = { order, platform: { turnoverToday: platform.turnoverToday, turnoverThreshold: review.inputs?.turnoverThreshold ?? null }, settingsVersion: review.inputs?.settingsVersion ?? null };
    const policy = policies.find(({ version }) => version === review.policyVersion);
    // No published policy decided it: there is nothing to make again.
    const rule: Pick<ApprovalRule, 'name' | 'steps'> = policy === undefined ? { name: review.matchedRule, steps: review.steps } : routedAgain(review, policy, settings);
    return {
      approvalId,
      policyVersion: review.policyVersion,
      inputs,
      matchedRule: rule.name,
      sameAsRecorded: rule.name === review.matchedRule && sameSteps(rule.steps, review.steps),
      approverAuthority: await this.authorities(review, events.filter(({ data }) => (data as { approvalId?: string }).approvalId === approvalId)),
    };
  }

  @Query(() => CounterfactualType)
  @Allow(EVERYTHING)
  async approvalCounterfactual(
    @Args('rules', { type: () => [ApprovalRuleInput] }, checked(ApprovalRuleInput)) inputs: ApprovalRuleInput[],
    @Args('from', { type: () => DateTimeScalar }) from: string,
    @Args('to', { type: () => DateTimeScalar }) to: string,
  ): Promise<CounterfactualType> {
    if (from >= to) throw badInput('from must be before to.');
    const policy = { version: 0, rules: rulesOf(inputs) };
    const invalid = invalidPolicy(policy.rules);
    if (invalid !== null) throw rejected(invalid);
    const settings = await this.orderTrail.context.settings();
    const found: CounterfactualType & { samples: CounterfactualType['samples'][number][] } = { ordersExamined: 0, changed: 0, samples: [] };
    for await (const reviews of this.past.between(from, to, settings)) {
      if (reviews.length === 0) continue;
      if (++found.ordersExamined > ORDERS_MAX) throw badInput(`More than ${ORDERS_MAX} orders were reviewed in this period. Ask for a shorter one.`);
      const other = reviews.map((review) => ({ review, rule: routedAgain(review, policy, settings) })).find(({ review, rule }) => !sameSteps(rule.steps, review.steps));
      if (other === undefined) continue;
      found.changed++;
      const { review, rule } = other;
      if (found.samples.length < SAMPLES_MAX) {
        found.samples.push({ orderNumber: review.orderNumber, recorded: { rule: review.matchedRule, steps: presentSteps(review.steps) }, wouldBe: { rule: rule.name, steps: presentSteps(rule.steps) } });
      }
    }
    return found;
  }

  /** Of everybody who decided, in the order in which they did. `events`: those of the approval. */
  private async authorities({ matchedRule, policyVersion, steps }: ReviewBegun, events: readonly Recorded[]): Promise<string[]> {
    if (steps.length === 0) return [policyVersion === 0 ? `Nobody had to decide: ${matchedRule} passes by itself.` : `Nobody had to decide: the rule ${matchedRule} has no steps.`];
    const modes = new Map(events.flatMap(({ type, data }) => (type === 'ReviewStarted' ? (data as ReviewStarted['data']).steps.map(({ stepId, mode }) => [stepId, mode] as const) : [])));
    const sentences: string[] = [];
    let told: Promise<StaffHistory> | undefined;
    for (const { type, data, meta, position } of events) {
      if (type === 'TaskDecided') {
        const { taskId, stepId, by, approve, tasks } = data as TaskDecided['data'];
        const task = tasks.find(({ is }) => is.taskId === taskId)!.is;
        const decided: DecidedTask = { task, mode: modes.get(stepId)!, by, approve, at: meta.occurredAt, handedOver: handedOverBy(events, taskId) };
        const staff = await (told ??= this.staffHistory());
        sentences.push(authorityOf(decided, { whenAssigned: peopleAsOf(staff, madeAt(events, taskId) ?? position), whenDecided: peopleAsOf(staff, position) }));
      }
      const { exemption } = data as Partial<ReviewDecided['data']>;
      if (type === 'ReviewDecided' && exemption !== undefined) sentences.push(`${exemption.by} let the order pass at ${meta.occurredAt} by an exemption: ${exemption.reason}`);
    }
    return sentences;
  }

  /** Read once for all the decisions of an approval. */
  private async staffHistory(): Promise<StaffHistory> {
    const listed = (await this.orderTrail.eventStore.read(ROSTER_STREAM)).map(({ data }) => (data as StaffListed['data']).staffId);
    return Promise.all(listed.map(async (staffId) => [staffId, await this.orderTrail.eventStore.read(staffStream(staffId))] as const));
  }
}

/** Everybody as of a place in the log. */
function peopleAsOf(staff: StaffHistory, position: Position): People {
  const people = new Map<string, Person>();
  for (const [staffId, events] of staff) {
    let person: Person | null = null;
    for (const event of events) if (event.position <= position) person = personAfter(person, event as unknown as StaffEvent);
    if (person !== null) people.set(staffId, person);
  }
  return people;
}

/** Whoever moved the task to its assignee, as far as it was somebody: not for what a policy did, or what followed from an act by itself. */
function handedOverBy(events: readonly Recorded[], taskId: string): DecidedTask['handedOver'] {
  for (const { type, data, meta } of events) {
    if (type !== 'TaskHandedOver') continue;
    const { by, note, tasks } = data as TaskHandedOver['data'];
    if (!tasks.some(({ was, is }) => was === null && is.taskId === taskId)) continue;
    return { by: meta.actorRole === 'system' || by !== meta.actor ? null : by, note };
  }
  return null;
}

/** Where the task was made for its assignee. */
function madeAt(events: readonly Recorded[], taskId: string): Position | undefined {
  return events.find(({ type, data }) => (type === 'TasksRouted' || type === 'TaskHandedOver') && (data as { tasks: readonly TaskChange[] }).tasks.some(({ was, is }) => is.taskId === taskId && is.assignee !== null && was?.assignee !== is.assignee))?.position;
}
