// The scalars of the schema. Inside, instants are strings of one width and durations are whole seconds;
// what comes in is checked and brought to that form here, what goes out is already in it.
import { type ASTNode, GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { GraphQLDateTimeISO, GraphQLISO8601Duration, GraphQLJSON } from 'graphql-scalars';

const DECIMAL = /^-?\d{1,15}(\.\d{1,6})?$/;
const POSITION = /^[0-9A-Za-z:.@-]{1,64}$/;

/** `node`: where it stands in the document, for one that is written there. */
function badInput(message: string, node?: ASTNode): GraphQLError {
  return new GraphQLError(message, { nodes: node, extensions: { code: 'BAD_USER_INPUT' } });
}

function textScalar(name: string, description: string, parse: (text: string) => string): GraphQLScalarType<string, string> {
  const parsed = (value: unknown): string => {
    if (typeof value !== 'string') throw badInput(`${name} must be a string.`);
    return parse(value);
  };
  return new GraphQLScalarType<string, string>({
    name,
    description,
    serialize: (value) => value as string,
    parseValue: parsed,
    parseLiteral: (node: ValueNode) => {
      if (node.kind !== Kind.STRING) throw badInput(`${name} must be a string.`, node);
      try {
        return parse(node.value);
      } catch (error) {
        throw badInput((error as Error).message, node);
      }
    },
  });
}

export const DateTimeScalar = textScalar('DateTime', "RFC 3339 instant, always UTC with 'Z'.", (text) => {
  try {
    return new Date(GraphQLDateTimeISO.parseValue(text) as Date).toISOString();
  } catch {
    throw badInput(`DateTime must be an RFC 3339 instant with an offset, such as 2026-01-09T02:00:00Z; got ${JSON.stringify(text.slice(0, 40))}.`);
  }
});

export const DurationScalar = textScalar('Duration', 'ISO 8601 duration, e.g. PT8H.', (text) => {
  try {
    return GraphQLISO8601Duration.parseValue(text) as string;
  } catch {
    throw badInput(`Duration must be an ISO 8601 duration such as PT8H; got ${JSON.stringify(text.slice(0, 40))}.`);
  }
});

export const DecimalScalar = textScalar('Decimal', 'Exact decimal as a string, e.g. "199.90". Never a float.', (text) => {
  if (!DECIMAL.test(text)) throw badInput(`Decimal must be a decimal string such as "199.90"; got ${JSON.stringify(text.slice(0, 40))}.`);
  return text;
});

export function isPositionText(text: string): boolean {
  return POSITION.test(text);
}

export const PositionScalar = textScalar('Position', 'Opaque position in the global event log; equal or later positions compare >= as strings.', (text) => {
  if (!isPositionText(text)) throw badInput('Position must be a position as an answer gave it.');
  return text;
});

export const JsonScalar = new GraphQLScalarType({ ...GraphQLJSON.toConfig(), name: 'JSON', description: undefined, specifiedByURL: undefined });
