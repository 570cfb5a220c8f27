// What one request may ask for at most: depth, aliases, cost and size. Beyond it nothing is executed.
// Introspection is not counted: the schema is no secret.
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { GraphQLError, Kind, type SelectionSetNode, type ValidationContext, type ValidationRule } from 'graphql';

export const PAGE_SIZE_MAX = 200;
export const GRAPHQL_BODY_BYTES_MAX = 256 * 1024;
export const TOKENS_MAX = 4_000;
const DEPTH_MAX = 12;
const ALIASES_MAX = 15;
/** Fields that an answer may hold by its page sizes: three of the largest pages with every field of an order. */
const COST_MAX = 40_000;
const PAGE_SIZE_DEFAULT = 50;

const asValidationError = {
  propagateOnRejection: false,
  onReject: [(context: ValidationContext | null, error: GraphQLError) => context?.reportError(error)],
};

export const VALIDATION_RULES: ValidationRule[] = [
  maxDepthRule({ n: DEPTH_MAX, ...asValidationError } as never) as unknown as ValidationRule,
  maxAliasesRule({ n: ALIASES_MAX, ...asValidationError } as never) as unknown as ValidationRule,
  costRule,
];

/** Counts each field once for every object that may hold it; a page whose size is a variable counts as the largest. */
function costRule(context: ValidationContext): ReturnType<ValidationRule> {
  const ofFragments = new Map<string, number>();
  const costOf = (set: SelectionSetNode): number => {
    let cost = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) cost += costOf(selection.selectionSet);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) cost += costOfFragment(selection.name.value);
      else if (selection.name.value !== '__schema' && selection.name.value !== '__type') {
        const size = selection.arguments?.find(({ name }) => name.value === 'first')?.value;
        const times = size === undefined ? (PAGED.has(selection.name.value) ? PAGE_SIZE_DEFAULT : 1) : size.kind === Kind.INT ? Math.max(1, Number(size.value)) : PAGE_SIZE_MAX;
        cost += 1 + (selection.selectionSet === undefined ? 0 : times * costOf(selection.selectionSet));
      }
    }
    return cost;
  };
  const costOfFragment = (name: string): number => {
    const known = ofFragments.get(name);
    if (known !== undefined) return known;
    ofFragments.set(name, 0);
    const fragment = context.getFragment(name);
    const cost = fragment ? costOf(fragment.selectionSet) : 0;
    ofFragments.set(name, cost);
    return cost;
  };
  return {
    OperationDefinition(node) {
      const cost = costOf(node.selectionSet);
      if (cost > COST_MAX) context.reportError(new GraphQLError(`The answer may hold ${cost} fields; at most ${COST_MAX} are allowed. Ask for smaller pages or fewer fields.`, { nodes: [node] }));
    },
  };
}

const PAGED = new Set(['orders', 'quarantine', 'waitingFacts', 'approvalTasks', 'exemptions', 'alerts']);
