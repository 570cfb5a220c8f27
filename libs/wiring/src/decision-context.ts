// What orders are decided by beside their own stream: settings, approval policy and catalogue, read from their streams, never from
// projections, so that a command that begins after a publication was acknowledged sees it; and the turnover of the day.
import { LRUCache } from 'lru-cache';
import type { Command, Position } from '@app/kernel';
import {
  APPROVAL_POLICY_STREAM, type ApprovalPolicyVersion, type OrderCommand, type OrderContext, type OrderState, type PeopleRead, type RoutesContext, SETTINGS_STREAM, type SettingsVersion, skusToCheck,
} from '@app/domain';
import { turnoverKey } from '@app/projections';
import { type CommandResult, type EventStore, OneLookForMany } from '@app/runtime';
import type { PeopleContext } from './people-context';
import { PublishedVersions } from './published-versions';
import type { RowsAtHand } from './rows-at-hand';
import { TurnoverAtHand } from './turnover-at-hand';

const KNOWN_SKUS_MAX = 200_000;

export class DecisionContext {
  private catalogueOpen = false;
  /** An SKU never leaves the catalogue, so a hit stays good. */
  private readonly knownSkus = new LRUCache<string, true>({ max: KNOWN_SKUS_MAX });
  private readonly settingsPublished: PublishedVersions<SettingsVersion>;
  private readonly policiesPublished: PublishedVersions<ApprovalPolicyVersion>;
  private readonly everybodyLookedUp = new WeakMap<object, Promise<PeopleRead>>();
  private readonly openLookedUp = new WeakMap<object, Promise<boolean>>();
  private readonly catalogueLook = new OneLookForMany(() => this.readCatalogueOpen());
  private readonly turnover: TurnoverAtHand;

  constructor(
    private readonly store: Pick<EventStore, 'read' | 'end' | 'subscribe'>,
    rows: RowsAtHand,
    nowMs?: () => number,
  ) {
    this.settingsPublished = new PublishedVersions(store, SETTINGS_STREAM);
    this.policiesPublished = new PublishedVersions(store, APPROVAL_POLICY_STREAM);
    this.turnover = new TurnoverAtHand(rows, { end: () => store.end(), anyOrderBetween: (after, upTo) => this.anyOrderBetween(after, upTo) }, nowMs);
  }

  /** Adds the context to a command for an order. What was looked up for one is good for all that are decided `together`. */
  async prepare(command: Command, state: unknown, together: object | undefined): Promise<Command> {
    const [settings, policies, catalogue, turnoverOfOthers] = await Promise.all([
      this.settingsPublished.look(together),
      this.policiesPublished.look(together),
      this.catalogue(skusToCheck(command as OrderCommand, state as OrderState), together),
      this.turnoverOfOthers(command as OrderCommand, state as OrderState),
    ]);
    return Object.assign(command, { context: { settings, catalogue, policies, turnoverOfOthers } satisfies OrderContext });
  }

  /** Adds everybody and the policy in force to a command about routes. Those that were given together share them. */
  async forRoutes(command: Command, people: Pick<PeopleContext, 'everybody'>, together: object | undefined): Promise<Command> {
    const [everybody, policies] = await Promise.all([onceFor(together, this.everybodyLookedUp, () => people.everybody()), this.policiesPublished.look(together)]);
    return Object.assign(command, { context: { people: everybody, policy: policies.at(-1) } satisfies RoutesContext });
  }

  /** To be told of every command that is over, with what came of it unless it failed. */
  settled(commandId: string, result: CommandResult | undefined): void {
    this.turnover.settled(commandId, result);
  }

  /** Every version, oldest first. */
  settings(): Promise<readonly SettingsVersion[]> {
    return this.settingsPublished.look();
  }

  /** Every version, oldest first. */
  policies(): Promise<readonly ApprovalPolicyVersion[]> {
    return this.policiesPublished.look();
  }

  /** Of these SKUs the catalogued ones; null while there is no catalogue. */
  async catalogue(skus: readonly string[], together?: object): Promise<ReadonlySet<string> | null> {
    if (!this.catalogueOpen) {
      if (!(await onceFor(together, this.openLookedUp, () => this.catalogueLook.look()))) return null;
    }
    const isKnown = await Promise.all(skus.map(async (sku) => this.knownSkus.has(sku) || this.readSku(sku)));
    return new Set(skus.filter((_, index) => isKnown[index]));
  }

  /** Imported history passes its review whatever the turnover was: nothing is looked up for it. */
  private async turnoverOfOthers(command: OrderCommand, { identity, content, standing }: OrderState): Promise<number> {
    if (identity !== null && content !== null) {
      if (identity.history) return 0;
      const own = standing?.status === 'CANCELLED' ? 0 : content.total;
      return this.turnover.ofOthers({ key: turnoverKey(identity.orderNumber, identity.currency), commandId: command.id, own, placing: null });
    }
    if (command.type !== 'TakeOrder' || command.history) return 0;
    return this.turnover.ofOthers({ key: turnoverKey(command.orderNumber, command.currency), commandId: command.id, own: 0, placing: command.content.total });
  }

  private async readSku(sku: string): Promise<boolean> {
    const found = (await this.store.read(`sku-${sku}`)).length > 0;
    if (found) this.knownSkus.set(sku, true);
    return found;
  }

  private async anyOrderBetween(after: Position, upTo: Position): Promise<boolean> {
    const enough = new AbortController();
    try {
      for await (const { events, position, live } of this.store.subscribe({ after, categories: ['order'], signal: enough.signal })) {
        if (events.some((event) => event.position <= upTo)) return true;
        if (live || position >= upTo) return false;
      }
      return false;
    } finally {
      enough.abort();
    }
  }

  private async readCatalogueOpen(): Promise<boolean> {
    this.catalogueOpen = (await this.store.read('catalogue-main')).length > 0;
    return this.catalogueOpen;
  }
}

/** What was looked up for one is good for all that are decided together. */
function onceFor<T>(together: object | undefined, lookedUp: WeakMap<object, Promise<T>>, look: () => Promise<T>): Promise<T> {
  if (together === undefined) return look();
  let looked = lookedUp.get(together);
  if (looked === undefined) lookedUp.set(together, (looked = look()));
  return looked;
}
