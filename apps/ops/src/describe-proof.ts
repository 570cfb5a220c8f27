// What a copy has proved, in lines for people: numbers, hash and customer keys of both sides.
// Where they differ the first difference is named.
import type { MigrationReport } from '@app/wiring';

type Proof = Pick<MigrationReport, 'log' | 'keys'>;

/** Figures and hash of the log and of the customer keys, once where both sides are equal. */
export function describeProof({ log, keys }: Proof): string {
  const lines = log.equal
    ? [`${log.source.events} events in ${log.source.streams} streams, equal in number, order and content; every stream ends at the same revision.`, `SHA-256 of all events, read back from the beginning: ${log.target.hash}`]
    : [
        `${log.source.events} events in ${log.source.streams} streams here (SHA-256 ${log.source.hash})`,
        `${log.target.events} events in ${log.target.streams} streams there (SHA-256 ${log.target.hash})`,
      ];
  lines.push(
    keys.equal
      ? `${keys.source.present} customer keys and ${keys.source.destroyed} destroyed ones, all equal.`
      : `${keys.source.present} customer keys and ${keys.source.destroyed} destroyed ones here, ${keys.target.present} and ${keys.target.destroyed} there.`,
  );
  return lines.join('\n');
}

/** The first difference as a sentence; undefined where there is none. */
export function differenceOf({ log, keys }: Proof): string | undefined {
  if (log.difference !== null) return `They differ, first in stream ${log.difference.stream} at revision ${log.difference.revision}: ${log.difference.what}.`;
  if (keys.difference !== null) return `They differ in the customer key of ${keys.difference.subject}, which ${keys.difference.what}.`;
  return log.equal && keys.equal ? undefined : 'They differ.';
}
