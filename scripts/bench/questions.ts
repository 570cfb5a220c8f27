// The questions that are measured, and for which orders: a sample by seed over the whole range of them.
// Numbers are asked of the server itself, so the sample is of orders that are there.
import { externalIdOf, randomOf, seedOf } from './generate';

const DOCUMENT = `{
  orderNumber platform externalId status node nodeEnteredAt nodeDueAt nodeOwnerRole overdue paymentTerms placedAt updatedAt revision
  total { amount currency }
  customer { customerId tier name phone email }
  holds { holdId reason placedBy placedAt expiresAt }
  lines { lineId sku title category quantity unitPrice { amount currency } shippedQuantity returnedQuantity }
}`;
export const ORDER = `query ($orderNumber: ID!) { order(orderNumber: $orderNumber) ${DOCUMENT} }`;
export const HELD_ORDER = `query ($orderNumber: ID!) { heldOrder(orderNumber: $orderNumber) ${DOCUMENT} }`;
export const REPLAY = `query ($orderNumber: ID!) { orderReplay(orderNumber: $orderNumber) { orderNumber state events { eventId type recordedAt } } }`;

interface Asked {
  url: string;
  token: string;
}

export async function ask<T>({ url, token }: Asked, query: string, variables: Readonly<Record<string, unknown>>): Promise<T> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await answer.json()) as { data?: T; errors?: readonly unknown[] };
  if (data == null || (errors ?? []).length > 0) throw new Error(`${query.slice(0, 80)}: ${JSON.stringify(errors)}`);
  return data;
}

export async function sampleOfNumbers(server: Asked, seed: number, orders: number, size: number): Promise<string[]> {
  const random = randomOf(seedOf(seed, orders));
  const numbers: string[] = [];
  for (let taken = 0; taken < size; taken++) {
    const externalId = externalIdOf(seed, Math.floor(random() * orders));
    const { orderByExternalId } = await ask<{ orderByExternalId: { orderNumber: string } }>(
      server,
      'query ($externalId: String!) { orderByExternalId(platform: "WS", externalId: $externalId) { orderNumber } }',
      { externalId },
    );
    numbers.push(orderByExternalId.orderNumber);
  }
  return numbers;
}
