// A mapping says how files become canonical items; nothing else knows the files. It is checked whole before anything is read:
// an error names its place in the file as a JSON pointer.
import { isSystem, SOURCE_SYSTEMS } from '@app/domain';
import Ajv from 'ajv';
import type { Tables } from './expression-functions';

/** A JSONata expression (text), a constant (number, boolean, null), an object of templates, a list of templates, or `{forEach, item}`: a list made of each element. */
export type Template = string | number | boolean | null | readonly Template[] | { readonly [field: string]: Template };

export interface Source {
  /** A name in the folder; `*` and `?` stand for any characters; `NAME.gz` is found too. Several files are read in the order of their names. */
  file: string;
  format: 'csv' | 'ndjson';
  /** Missing files are an error unless optional. */
  optional: boolean;
  /** CSV: one character each, defaults `,` and `"`; `header` names the columns of files without a first line that does. */
  delimiter: string;
  quote: string;
  header: string[] | null;
  /** A label that TextDecoder knows (`utf-8`, `gb18030`, `latin1`). */
  encoding: string;
  /** Path of the row's own key: needed where other sources are joined to this one. */
  key: string | null;
  /** This source's rows belong to rows of another: `join` is the path in this row that holds that row's key. They appear there as a list under this source's name. */
  parent: string | null;
  join: string | null;
  /** Rows whose parent is not there: listed as rejected, or left out in silence. */
  orphans: 'rejected' | 'left-out';
  /** Rows looked up in other sources: name in this row, the source, and the path in this row that holds the other's key. */
  lookups: Record<string, { source: string; by: string }>;
}

interface TopicMapping {
  topic: string;
  from: string;
  when: string | null;
  forEach: string | null;
  item: Template;
}

export interface Mapping {
  system: string;
  zone: string;
  localTimes: string[];
  currency: string;
  omits: string[];
  tables: Tables;
  sources: Record<string, Source>;
  topics: TopicMapping[];
}

/** The mapping file cannot be used; the message lists every place and what is wrong there. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
}

const TOPICS = ['skus', 'orders', 'payments', 'fulfilment', 'tracking', 'cancellations', 'settlements', 'returns', 'statuses', 'complaints', 'surveys'];
const text = { type: 'string', minLength: 1 } as const;
const character = { type: 'string', minLength: 1, maxLength: 1 } as const;
const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['system', 'zone', 'sources', 'topics'],
  properties: {
    $schema: { type: 'string' },
    description: { type: 'string' },
    system: { type: 'string', pattern: '^[A-Z][A-Z0-9]{1,15}$' },
    zone: text,
    localTimes: { type: 'array', items: text, default: [] },
    currency: { type: 'string', pattern: '^[A-Z]{3}$', default: 'CNY' },
    omits: { type: 'array', items: text, default: [] },
    tables: { type: 'object', default: {}, additionalProperties: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } } },
    sources: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_]*$' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['file', 'format'],
        properties: {
          file: { type: 'string', minLength: 1, pattern: '^[^/\\\\]+$' },
          format: { enum: ['csv', 'ndjson'] },
          optional: { type: 'boolean', default: false },
          delimiter: { ...character, default: ',' },
          quote: { ...character, default: '"' },
          header: { anyOf: [{ type: 'array', items: text, minItems: 1 }, { type: 'null' }], default: null },
          encoding: { ...text, default: 'utf-8' },
          key: { type: ['string', 'null'], default: null },
          parent: { type: ['string', 'null'], default: null },
          join: { type: ['string', 'null'], default: null },
          orphans: { enum: ['rejected', 'left-out'], default: 'rejected' },
          lookups: {
            type: 'object',
            default: {},
            additionalProperties: { type: 'object', additionalProperties: false, required: ['source', 'by'], properties: { source: text, by: text } },
          },
        },
      },
    },
    topics: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['topic', 'from', 'item'],
        properties: {
          topic: { enum: TOPICS },
          from: text,
          when: { type: ['string', 'null'], default: null },
          forEach: { type: ['string', 'null'], default: null },
          item: { type: 'object', minProperties: 1 },
        },
      },
    },
  },
} as const;

const ajv = new Ajv({ allErrors: true, useDefaults: true, allowUnionTypes: true });

/** Throws MappingError; `name` says there which mapping it is. Expressions are checked when they are compiled, not here. */
export function readMapping(content: string, name = 'The mapping'): Mapping {
  let mapping: unknown;
  try {
    mapping = JSON.parse(content);
  } catch (error) {
    throw new MappingError(`${name} is not JSON: ${(error as Error).message}`);
  }
  const validate = ajv.compile<Mapping>(SCHEMA);
  if (!validate(mapping)) {
    const places = (validate.errors ?? []).map(error => {
      const extra = error.keyword === 'additionalProperties' ? ` (${error.params['additionalProperty']})` : error.keyword === 'enum' ? ` (${error.params['allowedValues']})` : '';
      return `${error.instancePath || '/'} ${error.message}${extra}`;
    });
    throw new MappingError(`${name} cannot be used: ${[...new Set(places)].join('; ')}`);
  }
  const wrong = references(mapping);
  if (wrong.length > 0) throw new MappingError(`${name} cannot be used: ${wrong.join('; ')}`);
  return mapping;
}

function references({ system, sources, topics }: Mapping): string[] {
  const wrong: string[] = [];
  if (!isSystem(system)) wrong.push(`/system names "${system}", which is no system; known are ${SOURCE_SYSTEMS.map(({ code }) => code).join(', ')}`);
  for (const [name, source] of Object.entries(sources)) {
    const place = `/sources/${name}`;
    if ((source.parent === null) !== (source.join === null)) wrong.push(`${place} needs both parent and join, or none`);
    if (source.parent !== null) {
      const parent = sources[source.parent];
      if (parent === undefined) wrong.push(`${place}/parent names "${source.parent}", which is no source`);
      else if (parent.key === null) wrong.push(`/sources/${source.parent} needs a key: "${name}" is joined to it`);
    }
    for (const [field, { source: other }] of Object.entries(source.lookups)) {
      const found = sources[other];
      if (found === undefined) wrong.push(`${place}/lookups/${field} names "${other}", which is no source`);
      else if (found.key === null) wrong.push(`/sources/${other} needs a key: "${name}" looks it up`);
    }
    if (!isKnownEncoding(source.encoding)) wrong.push(`${place}/encoding "${source.encoding}" is not known`);
    if (source.delimiter === source.quote) wrong.push(`${place} has the same character as delimiter and as quote`);
    if (circular(sources, name)) wrong.push(`${place} is joined to itself in a circle`);
  }
  for (const [i, topic] of topics.entries()) {
    if (sources[topic.from] === undefined) wrong.push(`/topics/${i}/from names "${topic.from}", which is no source`);
  }
  return wrong;
}

function isKnownEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== '';
  } catch {
    return false;
  }
}

/** Through parents and through lookups: both are walked while a row is put together. */
function circular(sources: Mapping['sources'], start: string): boolean {
  const seen = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const children = Object.entries(sources).filter(([, source]) => source.parent === name);
    const next = [...children.map(([child]) => child), ...Object.values(sources[name]?.lookups ?? {}).map(lookup => lookup.source)];
    for (const other of next) {
      if (other === start) return true;
      if (!seen.has(other)) {
        seen.add(other);
        open.push(other);
      }
    }
  }
  return false;
}

/** The source whose rows bring this one's along: itself where it has no parent. */
export function rootOf(mapping: Mapping, name: string): string {
  let root = name;
  for (let parent = mapping.sources[root]?.parent; parent !== null && parent !== undefined; parent = mapping.sources[root]?.parent) root = parent;
  return root;
}
