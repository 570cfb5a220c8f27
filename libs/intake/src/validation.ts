// Tells whether a payload has the canonical form of its topic, and if not, in sentences that name the place and what to do.
// Values are not quoted: reasons are kept in the clear and a misplaced value may be somebody's phone.
import { Ajv, type ErrorObject } from 'ajv';
import { type Topic, TOPIC_SCHEMAS } from './topics';

const REASONS_MAX = 20;

const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true, verbose: true });

/** No sentences: the payload has the form. Sizes of arrays are limited before anything is compared. */
export function formErrors(topic: Topic, payload: unknown): readonly string[] {
  const tooMany = overlong(topic, payload);
  if (tooMany !== undefined) return [tooMany];
  // Compiled when the first payload of the topic comes; Ajv keeps it.
  const validate = ajv.compile(TOPIC_SCHEMAS[topic]);
  if (validate(payload)) return [];
  const sentences = [...new Set((validate.errors ?? []).map(sentence))];
  return firstOf(sentences);
}

export function firstOf(reasons: readonly string[]): readonly string[] {
  return reasons.length <= REASONS_MAX ? reasons : [...reasons.slice(0, REASONS_MAX), `There are ${reasons.length - REASONS_MAX} more mistakes.`];
}

function overlong(topic: Topic, payload: unknown): string | undefined {
  const lines = (payload as { lines?: unknown } | null)?.lines;
  const schema = TOPIC_SCHEMAS[topic] as { properties: { lines?: { maxItems: number } } };
  const most = schema.properties.lines?.maxItems;
  return Array.isArray(lines) && most !== undefined && lines.length > most ? `lines has ${lines.length} entries; at most ${most} are taken.` : undefined;
}

function sentence(error: ErrorObject): string {
  const place = placeOf(error.instancePath);
  const what = place === '' ? 'The payload' : place;
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return `${place === '' ? '' : `${place}.`}${String(params['missingProperty'])} is missing.`;
    case 'type':
      return error.data === null ? `${what} is missing (null).` : `${what} must be ${typeWords(error)}, not ${kindOf(error.data)}.`;
    case 'enum':
      return `${what} must be one of ${(params['allowedValues'] as unknown[]).filter((value) => value !== null).join(', ')}.`;
    case 'minLength':
      return `${what} is empty.`;
    case 'maxLength':
      return `${what} is longer than ${String(params['limit'])} characters.`;
    case 'minItems':
      return `${what} is empty: name at least one line, or leave it out where it is optional.`;
    case 'pattern':
      if (isWhole(error)) return `${what} must be ${typeWords(error)}, not text.`;
      return `${what} must be a plain decimal number, as 1234.50 or "1234.50", of at most 13 digits before the point.`;
    default:
      return `${what} ${error.message ?? 'is not as the topic says'}.`;
  }
}

/** `/lines/2/quantity` as people write it: `lines[2].quantity`. */
function placeOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`))
    .join('');
}

/** Text of digits is one way to write a whole number: what is asked for is the number. */
function isWhole({ parentSchema }: ErrorObject): boolean {
  const { type, pattern } = (parentSchema ?? {}) as { type?: unknown; pattern?: unknown };
  return pattern !== undefined && Array.isArray(type) && type.includes('integer');
}

function typeWords(error: ErrorObject): string {
  const types: unknown = error.parentSchema?.['type'];
  const names: Record<string, string> = {
    string: 'text', integer: 'a whole number', number: 'a number', object: 'an object', array: 'an array', null: 'null (or left out)', boolean: 'true or false',
  };
  const list = (Array.isArray(types) ? types : [types]).filter((type) => type !== 'string' || !isWhole(error));
  return list.map((type) => names[String(type)] ?? String(type)).join(' or ');
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return 'text';
  if (typeof value !== 'number') return 'true or false';
  if (!Number.isFinite(value)) return 'one too large to be kept';
  return Number.isInteger(value) ? 'a number' : 'a number with decimals';
}
