// The load of one life of the server: single orders, streams, facts early and late, repetitions, holds, all by a seed.
// It ends when the server is killed under it; what was not answered by then is sent again in the next life, as a sender would.
import { factsOf, orderOf, randomOf, seedOf } from '../bench/generate';
import { type Client, Cut } from './client';
import type { Entry, Ledger } from './ledger';

const WORKERS = 12;
const STREAM_LINES_MAX = 150;

export class Load {
  private nextOrder = 0;

  constructor(
    private readonly seed: number,
    private readonly ledger: Ledger,
  ) {}

  /** Resolves once every worker has met the end of the server. */
  async runUntilCut(client: Client, round: number): Promise<void> {
    const open = this.ledger.unanswered();
    const holds = this.ledger.holds.filter(({ acknowledged }) => !acknowledged);
    const isOver = { now: false };
    const worker = async (place: number): Promise<void> => {
      const random = randomOf(seedOf(this.seed, round * WORKERS + place));
      try {
        while (!isOver.now) {
          const again = open.pop();
          const hold = holds.pop();
          if (again !== undefined) await client.post([again]);
          else if (hold !== undefined) await client.placeHold(hold);
          else await this.step(client, random);
        }
      } catch (error) {
        if (!(error instanceof Cut)) throw error;
        isOver.now = true;
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, (_, place) => worker(place)));
  }

  private async step(client: Client, random: () => number): Promise<void> {
    const dice = random();
    if (dice < 0.25) await client.post([this.newOrder()]);
    else if (dice < 0.35) await client.stream(Array.from({ length: 1 + Math.floor(random() * STREAM_LINES_MAX) }, () => this.newOrder()));
    else if (dice < 0.42) await client.post(Array.from({ length: 5 }, () => this.newOrder()));
    else if (dice < 0.75) await this.facts(client, random);
    else if (dice < 0.82) await this.factBeforeItsOrder(client);
    else if (dice < 0.92) await this.again(client, random);
    else await this.hold(client, random);
  }

  private newOrder(): Entry {
    return this.ledger.entryOf({ topic: 'orders', payload: orderOf(this.seed, this.nextOrder++) });
  }

  private async facts(client: Client, random: () => number): Promise<void> {
    const facts = factsOf(this.seed, Math.floor(random() * Math.max(1, this.nextOrder)));
    const fact = facts[Math.floor(random() * facts.length)];
    if (fact !== undefined) await client.post([this.ledger.entryOf(fact)]);
  }

  private async factBeforeItsOrder(client: Client): Promise<void> {
    const order = this.nextOrder++;
    const [fact] = factsOf(this.seed, order);
    if (fact !== undefined) await client.post([this.ledger.entryOf(fact)]);
    await client.post([this.ledger.entryOf({ topic: 'orders', payload: orderOf(this.seed, order) })]);
  }

  private async again(client: Client, random: () => number): Promise<void> {
    const entry = this.ledger.entries[Math.floor(random() * this.ledger.entries.length)];
    if (entry !== undefined) await client.post([entry]);
  }

  private async hold(client: Client, random: () => number): Promise<void> {
    const order = this.ledger.acknowledgedOrders[Math.floor(random() * this.ledger.acknowledgedOrders.length)];
    if (order === undefined || order.orderNumber === null) return;
    const reason = `hold ${this.ledger.holds.length} of ${this.seed}`;
    const hold = { orderNumber: order.orderNumber, externalId: order.externalId, reason, idempotencyKey: reason.replaceAll(' ', '-'), acknowledged: false };
    this.ledger.holds.push(hold);
    await client.placeHold(hold);
  }
}
