// A JSONata expression, compiled once. What it gives is what JSONata gives, whichever of the two ways it is run.
// JSONata is asynchronous and walks its tree anew for every row: plain paths, literals, comparisons and calls of mapping functions
// (nearly all that mappings hold) are turned into closures from JSONata's own tree; whatever else is left to JSONata.
import { isDeepStrictEqual } from 'node:util';
import jsonata from 'jsonata';
import type { MappingFunction } from './expression-functions';

/** `$row`: the source's row (where `forEach` made something else the input). `$parent`: the row that this one was joined to. */
export interface Scope {
  row: unknown;
  parent: unknown;
}

export interface Expression {
  text: string;
  /** True: `run` answers at once. False: it gives a promise. */
  simple: boolean;
  run(input: unknown, scope: Scope): unknown;
}

type Run = (input: unknown, scope: Scope) => unknown;
type Functions = Readonly<Record<string, MappingFunction>>;
type Node = jsonata.ExprNode & { condition?: Node; then?: Node; else?: Node; predicate?: unknown; group?: unknown; keepArray?: boolean; keepSingletonArray?: boolean; focus?: unknown; index?: unknown; nextFunction?: unknown; tuple?: unknown };

export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/** Throws ExpressionError with the column where the text is not JSONata. */
export function compileExpression(text: string, functions: Functions): Expression {
  let compiled: jsonata.Expression;
  try {
    compiled = jsonata(text);
  } catch (error) {
    const { message, position } = error as jsonata.JsonataError;
    throw new ExpressionError(`${message}${position === undefined ? '' : ` (column ${position})`} in \`${text}\``);
  }
  const quick = closure(compiled.ast() as Node, functions);
  if (quick !== null) return { text, simple: true, run: quick };
  for (const [name, implementation] of Object.entries(functions)) compiled.registerFunction(name, implementation);
  return {
    text,
    simple: false,
    run: async (input, { row, parent }) => {
      try {
        return await compiled.evaluate(input, { row, parent });
      } catch (error) {
        throw new ExpressionError(`${(error as Error).message} in \`${text}\``);
      }
    },
  };
}

/** A path of names that an expression reads: from its input, or from one of the rows of its scope. */
interface PlainPath {
  from: 'input' | 'row' | 'parent';
  names: readonly string[];
  /** The expression is nothing else. */
  whole: boolean;
}

/** Those that can be told without running it; none of a text that is no expression. */
export function plainPaths(text: string): readonly PlainPath[] {
  const found: PlainPath[] = [];
  try {
    collectPaths(jsonata(text).ast() as Node, true, found);
  } catch {
    return [];
  }
  return found;
}

function collectPaths(node: Node, whole: boolean, found: PlainPath[]): void {
  if (!isPlain(node)) return;
  const inside = (nodes: readonly (Node | undefined)[]): void => nodes.forEach(one => one !== undefined && collectPaths(one, false, found));
  switch (node.type as string) {
    case 'path': {
      const steps = (node.steps ?? []) as Node[];
      const [first] = steps;
      const base = first?.type === 'variable' ? BASES[first.value as string] : 'input';
      const names = first?.type === 'variable' ? steps.slice(1) : steps;
      if (base !== undefined && steps.every(isPlain) && names.every(step => step.type === 'name')) found.push({ from: base, names: names.map(step => step.value as string), whole });
      return;
    }
    case 'variable': {
      const base = BASES[node.value as string];
      if (base !== undefined) found.push({ from: base, names: [], whole });
      return;
    }
    case 'function':
      return inside((node.arguments ?? []) as Node[]);
    case 'binary':
      return inside([node.lhs as Node, node.rhs as Node]);
    case 'condition':
      return inside([node.condition, node.then, node.else]);
    case 'block':
      return inside(node.expressions?.length === 1 ? (node.expressions as Node[]) : []);
  }
}

const BASES: Readonly<Record<string, PlainPath['from'] | undefined>> = { '': 'input', row: 'row', parent: 'parent' };

function isPlain(node: Node): boolean {
  return [node.predicate, node.group, node.stages, node.focus, node.index, node.tuple].every(part => part === undefined) && node.keepArray !== true;
}

/** Null for what is left to JSONata. */
function closure(node: Node, functions: Functions): Run | null {
  if (node.predicate !== undefined || node.group !== undefined || node.keepArray === true || node.keepSingletonArray === true || node.stages !== undefined) return null;
  switch (node.type as string) {
    case 'string':
    case 'number':
    case 'value':
      return () => node.value;
    case 'variable':
      return variable(node);
    case 'path':
      return path(node, functions);
    case 'function':
      return call(node, functions);
    case 'binary':
      return binary(node, functions);
    case 'condition':
      return condition(node, functions);
    case 'block': {
      const only = node.expressions?.length === 1 ? (node.expressions[0] as Node) : null;
      return only === null ? null : closure(only, functions);
    }
    default:
      return null;
  }
}

function variable(node: Node): Run | null {
  if (node.value === 'row') return (_, scope) => scope.row;
  if (node.value === 'parent') return (_, scope) => scope.parent;
  if (node.value === '') return input => input;
  return null;
}

function path(node: Node, functions: Functions): Run | null {
  const steps = (node.steps ?? []) as Node[];
  const names: string[] = [];
  let from: Run = input => input;
  for (const [i, step] of steps.entries()) {
    if (step.predicate !== undefined || step.group !== undefined || step.keepArray === true || step.stages !== undefined) return null;
    if (step.focus !== undefined || step.index !== undefined || step.tuple !== undefined) return null;
    if (step.type === 'variable' && i === 0) {
      const base = closure(step, functions);
      if (base === null) return null;
      from = base;
    } else if (step.type === 'name') {
      names.push(step.value as string);
    } else {
      return null;
    }
  }
  const [first] = names;
  if (names.length === 1 && first !== undefined) {
    return (input, scope) => {
      const base = from(input, scope);
      return base === null || typeof base !== 'object' ? undefined : Array.isArray(base) ? walk(base, names) : (base as Record<string, unknown>)[first];
    };
  }
  return (input, scope) => walk(from(input, scope), names);
}

/** JSONata's path over objects and lists: lists are entered, a list of one that was entered is that one, of none is nothing. */
function walk(start: unknown, names: readonly string[]): unknown {
  let current = start;
  for (let i = 0; i < names.length; i++) {
    if (current === null || typeof current !== 'object') return undefined;
    if (Array.isArray(current)) return walkList(current, names, i);
    current = (current as Record<string, unknown>)[names[i] as string];
  }
  return current;
}

function walkList(start: readonly unknown[], names: readonly string[], from: number): unknown {
  let sequence: readonly unknown[] = start;
  for (let i = from; i < names.length; i++) {
    const found: unknown[] = [];
    for (const element of sequence) {
      const value = Array.isArray(element) ? walkList(element, [names[i] as string], 0) : lookup(element, names[i] as string);
      if (value !== undefined) found.push(value);
    }
    if (i === names.length - 1 && found.length === 1 && Array.isArray(found[0])) return found[0];
    sequence = found.flat();
  }
  return sequence.length > 1 ? sequence : sequence[0];
}

function lookup(element: unknown, name: string): unknown {
  return element === null || typeof element !== 'object' ? undefined : (element as Record<string, unknown>)[name];
}

function call(node: Node, functions: Functions): Run | null {
  const name = node.procedure?.type === 'variable' ? String(node.procedure.value) : '';
  const args = (node.arguments ?? []).map(argument => closure(argument as Node, functions));
  if (args.includes(null) || node.nextFunction !== undefined) return null;
  const runs = args as Run[];
  const [first, second] = runs;
  if (name === 'exists' && runs.length === 1 && first !== undefined) return (input, scope) => first(input, scope) !== undefined;
  if (name === 'not' && runs.length === 1 && first !== undefined) {
    return (input, scope) => {
      const value = first(input, scope);
      return value === undefined ? undefined : !truth(value);
    };
  }
  const implementation = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (implementation === undefined) return null;
  if (runs.length === 1 && first !== undefined) return (input, scope) => implementation(first(input, scope));
  if (runs.length === 2 && first !== undefined && second !== undefined) return (input, scope) => implementation(first(input, scope), second(input, scope));
  return (input, scope) => implementation(...runs.map(run => run(input, scope)));
}

function condition(node: Node, functions: Functions): Run | null {
  if (node.condition === undefined || node.then === undefined) return null;
  const test = closure(node.condition, functions);
  const then = closure(node.then, functions);
  const otherwise = node.else === undefined ? () => undefined : closure(node.else, functions);
  if (test === null || then === null || otherwise === null) return null;
  return (input, scope) => (truth(test(input, scope)) ? then(input, scope) : otherwise(input, scope));
}

function binary(node: Node, functions: Functions): Run | null {
  const left = closure(node.lhs as Node, functions);
  const right = closure(node.rhs as Node, functions);
  if (left === null || right === null) return null;
  switch (node.value) {
    case '&':
      return (input, scope) => {
        const a = left(input, scope);
        const b = right(input, scope);
        return `${joined(a)}${joined(b)}`;
      };
    case '=':
      return (input, scope) => equal(left(input, scope), right(input, scope));
    case '!=':
      return (input, scope) => {
        const a = left(input, scope);
        const b = right(input, scope);
        return a !== undefined && b !== undefined && !equal(a, b);
      };
    case 'and':
      return (input, scope) => truth(left(input, scope)) && truth(right(input, scope));
    case 'or':
      return (input, scope) => truth(left(input, scope)) || truth(right(input, scope));
    default:
      return null;
  }
}

function equal(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return false;
  return a === b || (typeof a === 'object' && typeof b === 'object' && isDeepStrictEqual(a, b));
}

/** As JSONata prints for `&`: numbers by 15 digits, everything else as JSON. */
function joined(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'number' && !Number.isInteger(inner) ? Number(inner.toPrecision(15)) : inner));
}

/** JSONata's `$boolean`, where nothing counts as false. */
export function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(truth);
  if (value !== null && typeof value === 'object') return Object.keys(value).length > 0;
  return Boolean(value);
}
