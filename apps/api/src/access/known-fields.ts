// Names of the fields that topics have, wherever these stand in an item: what is sent under one of them is what it says.
// Read from the schemas themselves, so that a new field is known when it is there.
import { TOPIC_SCHEMAS } from '@app/intake';

export const KNOWN_FIELDS: ReadonlySet<string> = new Set(namesIn(TOPIC_SCHEMAS));

function namesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, inner]) => [...(keyword === 'properties' ? Object.keys(inner as object) : []), ...namesIn(inner)]);
}
