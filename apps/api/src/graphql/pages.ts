// Lists a page at a time: how large one may be, a cursor of another list, and the page as clients see it.
// What is in a list and in which order is the matter of those who ask.
import { BadCursor, type RowPage } from '@app/runtime';
import { badInput } from '../rejection.presenter';
import { PAGE_SIZE_MAX } from './limits';

interface Connection<Node> {
  edges: { node: Node; cursor: string }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  totalCount: number;
}

/** Throws BAD_USER_INPUT for a page size out of bounds. */
export function pageSize(first: number | null | undefined): number {
  const size = first ?? 50;
  if (size < 1 || size > PAGE_SIZE_MAX) throw badInput(`first must be 1 to ${PAGE_SIZE_MAX}.`);
  return size;
}

/** To catch what a search throws: BAD_USER_INPUT where it was the cursor. */
export function otherCursor(error: unknown): never {
  throw error instanceof BadCursor ? badInput('`after` is not a cursor of this list.') : error;
}

/** `nodes`: the rows of the page as clients see them, in their order. */
export function connection<Node>({ hasMore, rows }: RowPage, nodes: readonly Node[], totalCount: number): Connection<Node> {
  return { edges: nodes.map((node, index) => ({ node, cursor: rows[index]!.cursor })), pageInfo: { hasNextPage: hasMore, endCursor: rows.at(-1)?.cursor ?? null }, totalCount };
}

/** Nothing can match. */
export const NO_PAGE: RowPage<never> = { rows: [], hasMore: false };
