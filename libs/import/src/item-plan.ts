// Turns a joined row into the items to be sent: the order first, then its facts by time, at equal times in the order of the declaration.
// An item that cannot be made is given as rejected with the place of its row; the others are made. Facts of an order that cannot be made are kept back with it.
import { compileExpression, type Expression, ExpressionError, type Scope, truth } from './expression';
import type { MappingFunction } from './expression-functions';
import type { JoinedRow, RejectedRow } from './joined-rows';
import { type Mapping, MappingError, rootOf, type Template } from './mapping';
import type { Row } from './source-rows';

/** Of a row that this item comes from: its own, not the one that brought it along. */
export interface PlannedItem {
  topic: string;
  payload: Row;
  file: string;
  line: number;
}
interface Planned {
  items: PlannedItem[];
  rejected: RejectedRow[];
  /** The order could not be made: its facts are kept back, or they would wait for ever. */
  withoutOrder: boolean;
}

type Maybe<T> = T | Promise<T>;
interface Maker {
  simple: boolean;
  make(input: unknown, scope: Scope): Maybe<unknown>;
}
interface Topic {
  topic: string;
  from: string;
  /** From the root down to `from`, without the root. */
  way: readonly string[];
  when: Expression | null;
  forEach: Expression | null;
  item: Maker;
}

/** Throws MappingError that names the place of a text that is no expression. */
export class ItemPlan {
  private readonly topics: Topic[];
  private readonly simple: boolean;

  /** Of the mapping's topics those that come from rows of `root` and that `takes` takes. */
  constructor(
    private readonly mapping: Mapping,
    root: string,
    takes: (topic: string) => boolean,
    functions: Readonly<Record<string, MappingFunction>>,
  ) {
    this.topics = mapping.topics.flatMap((declared, i) => {
      if (rootOf(mapping, declared.from) !== root || !takes(declared.topic)) return [];
      const compile = (text: string, place: string): Expression => compiled(text, `/topics/${i}/${place}`, functions);
      return [
        {
          topic: declared.topic,
          from: declared.from,
          way: wayTo(mapping, declared.from),
          when: declared.when === null ? null : compile(declared.when, 'when'),
          forEach: declared.forEach === null ? null : compile(declared.forEach, 'forEach'),
          item: maker(declared.item, 'item', compile),
        },
      ];
    });
    this.simple = this.topics.every(topic => topic.item.simple && topic.when?.simple !== false && topic.forEach?.simple !== false);
  }

  /** Answers at once where every expression runs quickly. */
  plan(root: JoinedRow): Maybe<Planned> {
    const planned: Planned = { items: [], rejected: [], withoutOrder: false };
    if (this.simple) {
      for (const topic of this.topics) this.visit(topic, root, undefined, 0, (row, parent) => this.make(topic, row, parent, planned));
      return inOrder(planned);
    }
    return this.planSlowly(root, planned);
  }

  private async planSlowly(root: JoinedRow, planned: Planned): Promise<Planned> {
    for (const topic of this.topics) {
      const visits: [JoinedRow, JoinedRow | undefined][] = [];
      this.visit(topic, root, undefined, 0, (row, parent) => visits.push([row, parent]));
      for (const [row, parent] of visits) await this.makeSlowly(topic, row, parent, planned);
    }
    return inOrder(planned);
  }

  private visit(topic: Topic, row: JoinedRow, parent: JoinedRow | undefined, depth: number, give: (row: JoinedRow, parent: JoinedRow | undefined) => void): void {
    const next = topic.way[depth];
    if (next === undefined) give(row, parent);
    else for (const child of row.children.get(next) ?? []) this.visit(topic, child, row, depth + 1, give);
  }

  private make(topic: Topic, at: JoinedRow, parent: JoinedRow | undefined, planned: Planned): void {
    const scope: Scope = { row: at.row, parent: parent?.row };
    try {
      if (topic.when !== null && !truth(topic.when.run(at.row, scope))) return;
      if (topic.forEach === null) return this.took(topic, at, topic.item.make(at.row, scope), planned);
      for (const element of elements(topic.forEach.run(at.row, scope))) this.took(topic, at, topic.item.make(element, scope), planned);
    } catch (error) {
      this.failed(topic, at, error, planned);
    }
  }

  private async makeSlowly(topic: Topic, at: JoinedRow, parent: JoinedRow | undefined, planned: Planned): Promise<void> {
    const scope: Scope = { row: at.row, parent: parent?.row };
    try {
      if (topic.when !== null && !truth(await topic.when.run(at.row, scope))) return;
      if (topic.forEach === null) return this.took(topic, at, await topic.item.make(at.row, scope), planned);
      for (const element of elements(await topic.forEach.run(at.row, scope))) this.took(topic, at, await topic.item.make(element, scope), planned);
    } catch (error) {
      this.failed(topic, at, error, planned);
    }
  }

  private took({ topic }: Topic, { file, line }: JoinedRow, payload: unknown, planned: Planned): void {
    const made = (payload ?? {}) as Row;
    if (topic === 'orders' && made['currency'] === undefined) made['currency'] = this.mapping.currency;
    planned.items.push({ topic, payload: made, file, line });
  }

  private failed({ topic }: Topic, { file, line }: JoinedRow, error: unknown, planned: Planned): void {
    planned.rejected.push({ file, line, reason: `${topic}: ${(error as Error).message}` });
    if (topic === 'orders') planned.withoutOrder = true;
  }
}

function inOrder(planned: Planned): Planned {
  if (planned.withoutOrder) planned.items = planned.items.filter(item => item.topic === 'skus' || item.topic === 'orders');
  if (planned.items.length < 2) return planned;
  const timed = planned.items.map(item => ({ item, time: timeOf(item) }));
  // Sorting is stable: equal times stay as declared.
  planned.items = timed.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)).map(({ item }) => item);
  return planned;
}

/** What intake will not be able to read as a time comes last and is answered there. */
function timeOf({ topic, payload }: PlannedItem): number {
  if (topic === 'skus' || topic === 'orders') return topic === 'skus' ? Number.NEGATIVE_INFINITY : Number.MIN_SAFE_INTEGER;
  const time = Date.parse(String(payload['at']));
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time;
}

function wayTo(mapping: Mapping, name: string): string[] {
  const parent = mapping.sources[name]?.parent ?? null;
  return parent === null ? [] : [...wayTo(mapping, parent), name];
}

function elements(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}

function compiled(text: string, place: string, functions: Readonly<Record<string, MappingFunction>>): Expression {
  try {
    return compileExpression(text, functions);
  } catch (error) {
    if (error instanceof ExpressionError) throw new MappingError(`The mapping cannot be used: ${place} ${error.message}`);
    throw error;
  }
}

/** Fields that give nothing are left out; an object of nothing is nothing itself. */
function maker(template: Template, place: string, compile: (text: string, place: string) => Expression): Maker {
  if (typeof template === 'string') {
    const expression = compile(template, place);
    return { simple: expression.simple, make: (input, scope) => expression.run(input, scope) };
  }
  if (template === null || typeof template !== 'object') return { simple: true, make: () => template };
  if (Array.isArray(template)) {
    const makers = (template as readonly Template[]).map((one, i) => maker(one, `${place}/${i}`, compile));
    return combined(makers, values => values.filter(value => value !== undefined));
  }
  const fields = template as { readonly [field: string]: Template };
  if (fields['forEach'] !== undefined && fields['item'] !== undefined) return listMaker(fields['forEach'], fields['item'], place, compile);
  const names = Object.keys(fields);
  const makers = names.map(name => maker(fields[name] as Template, `${place}/${name}`, compile));
  return combined(makers, values => {
    const made: Row = {};
    let any = false;
    for (let i = 0; i < names.length; i++) {
      if (values[i] === undefined) continue;
      made[names[i] as string] = values[i];
      any = true;
    }
    return any ? made : undefined;
  });
}

function combined(makers: readonly Maker[], combine: (values: unknown[]) => unknown): Maker {
  const all = (input: unknown, scope: Scope): unknown[] => makers.map(one => one.make(input, scope));
  if (makers.every(one => one.simple)) return { simple: true, make: (input, scope) => combine(all(input, scope)) };
  return {
    simple: false,
    make: async (input, scope) => {
      // One after another, or the second failure would go unheard.
      const values: unknown[] = [];
      for (const one of makers) values.push(await one.make(input, scope));
      return combine(values);
    },
  };
}

function listMaker(forEach: Template, item: Template, place: string, compile: (text: string, place: string) => Expression): Maker {
  if (typeof forEach !== 'string') throw new MappingError(`The mapping cannot be used: /${place}/forEach is not an expression`);
  const list = compile(forEach, `${place}/forEach`);
  const each = maker(item, `${place}/item`, compile);
  const present = (values: unknown[]): unknown[] => values.filter(value => value !== undefined);
  if (list.simple && each.simple) return { simple: true, make: (input, scope) => present(elements(list.run(input, scope)).map(element => each.make(element, scope))) };
  return {
    simple: false,
    make: async (input, scope) => {
      const values: unknown[] = [];
      for (const element of elements(await list.run(input, scope))) values.push(await each.make(element, scope));
      return present(values);
    },
  };
}
