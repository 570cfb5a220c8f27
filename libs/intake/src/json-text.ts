// JSON from text without losing a digit: a number that a double cannot hold comes back as its digits, a string.
// What does not parse is told without quoting it, because reasons are kept in the clear.
import { parse as parseLossless } from 'lossless-json';

type ParsedJson = { ok: true; value: unknown } | { ok: false; reason: string };

/** Items of a body, or why there are none. */
type ParsedBody = { ok: true; items: readonly unknown[] } | { ok: false; reason: string };

const LEVELS_MAX = 500;
// A number of 16 digits or more that follows what numbers follow. A string that looks so only takes the slower way.
const LONG_NUMBER = /[:,[\s]-?[\d.]{16}/;
const HARMFUL_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/;

export function parseJson(text: string): ParsedJson {
  try {
    const value: unknown = LONG_NUMBER.test(text)
      ? parseLossless(text, undefined, { parseNumber: exactNumber, onDuplicateKey: ({ newValue }) => newValue })
      : JSON.parse(text);
    return { ok: true, value: text.includes('\\u') && HARMFUL_ESCAPE.test(text) ? wellFormed(value) : value };
  } catch (error) {
    return { ok: false, reason: notJson(text, error) };
  }
}

/** A body is one item or an array of items. */
export function parseBody(text: string): ParsedBody {
  const deep = levelsOf(text);
  if (deep > LEVELS_MAX) return { ok: false, reason: `The body is nested ${deep} levels deep; at most ${LEVELS_MAX} are read.` };
  const parsed = parseJson(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  if (!parsed.ok) return parsed;
  return { ok: true, items: Array.isArray(parsed.value) ? parsed.value : [parsed.value] };
}

/** A double where it says the same as the text did, the text otherwise. */
function exactNumber(digits: string): number | string {
  const value = Number(digits);
  if (String(value) === digits) return value;
  if (Number.isSafeInteger(value) && /^-?\d{1,16}$/.test(digits)) return value;
  return /^-?\d+(\.\d+)?$/.test(digits) && digits.replace(/\D/g, '').length > 15 ? digits : exponentFree(value, digits);
}

// 1e3 and 1.50 are said by a double as well; 1e400 and 1e-30 stay text, which no number's place takes.
function exponentFree(value: number, digits: string): number | string {
  return Number.isFinite(value) && !String(value).includes('e') && significantDigits(digits) <= 15 ? value : digits;
}

function significantDigits(digits: string): number {
  return digits.replace(/[eE].*$/, '').replace(/\D/g, '').length;
}

function notJson(text: string, error: unknown): string {
  if (text.trim() === '') return 'There is nothing in it: send a JSON object.';
  if (error instanceof RangeError) return 'It is nested too deeply to be read.';
  const place = /position (\d+)/.exec(error instanceof Error ? error.message : String(error))?.[1];
  return place === undefined ? 'It is not valid JSON.' : `It is not valid JSON (character ${place}).`;
}

function levelsOf(text: string): number {
  let level = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === 0x5c) i++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++level);
    else if (code === 0x7d || code === 0x5d) level--;
  }
  return deepest;
}

// Half a surrogate pair cannot be written to disk: it would come back as another character, and a content would never equal
// itself. NUL ends texts in too many places, and is what separates the fields of a content here.
// oxlint-disable-next-line no-control-regex
const HARMFUL = /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(HARMFUL, '\ufffd');
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, wellFormed(member)]));
}
