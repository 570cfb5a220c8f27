// A place in EventStoreDB's log as text: both halves, 20 digits each, so that places compare as strings.
// Commit equals prepare on the versions that were tried, which nobody promises: so both are kept.
import type { Position } from '@app/kernel';

interface LogPlace {
  commit: bigint;
  prepare: bigint;
}

const DIGITS = 20;
const TEXT = /^(\d{20})\.(\d{20})$/;

export const ORIGIN: Position = positionOf({ commit: 0n, prepare: 0n });

export function positionOf({ commit, prepare }: LogPlace): Position {
  const text = commit.toString().padStart(DIGITS, '0');
  return commit === prepare ? `${text}.${text}` : `${text}.${prepare.toString().padStart(DIGITS, '0')}`;
}

/** Of the decimal texts that answers carry. */
export function positionOfTexts(commit: string, prepare: string): Position {
  return `${commit.padStart(DIGITS, '0')}.${prepare.padStart(DIGITS, '0')}`;
}

/** Throws a TypeError for a position of another store. */
export function placeOf(position: Position): LogPlace {
  const parts = TEXT.exec(position);
  if (parts === null) throw new TypeError(`Not a position in EventStoreDB's log: ${JSON.stringify(position)}. Positions of an embedded log mean nothing there.`);
  return { commit: BigInt(parts[1]!), prepare: BigInt(parts[2]!) };
}

/** Bytes of the log up to a position. */
export function bytesUpTo(position: Position): number {
  return Number(placeOf(position).commit);
}
