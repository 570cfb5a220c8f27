// As whom and at which instant something is shown, and how much of it is asked for.
// Presenters know nothing else of the question.
import type { Instant } from '@app/kernel';
import type { GraphQLResolveInfo } from 'graphql';
import { type Caller, seesPersonalData } from '../access/caller';
import { selectedFields } from './selected-fields';

export interface AnswerView {
  /** Paths below the resolver that the query selects. */
  selected: ReadonlySet<string>;
  /** Path of what is shown below the resolver, with its dot: `edges.node.`. */
  prefix: string;
  /** Whether the caller sees personal data unmasked. */
  unmasked: boolean;
  /** What is overdue is so at this instant. */
  now: Instant;
}

export function answerView(caller: Caller, info: GraphQLResolveInfo, prefix: string, now: Instant): AnswerView {
  return { selected: selectedFields(info), prefix, unmasked: seesPersonalData(caller), now };
}

export function selects({ prefix, selected }: AnswerView, path: string): boolean {
  return selected.has(prefix + path);
}
