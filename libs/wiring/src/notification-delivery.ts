// Carries an attempt out before it is decided: looks up whom and what, sends, and puts into the command what came of it.
// An attempt that was made and could not be recorded is not made again while this process remembers it; the receiving side knows a second one by its id.
import { LRUCache } from 'lru-cache';
import {
  type AttemptDelivery, type Channel, type Contact, decimalOf, type DeliveryOutcome, isNextAttempt, type NotificationCommand, type NotificationQueued, type NotificationState, notificationText, type OrderState,
  peopleNamed, type Person, staffStream,
} from '@app/domain';
import type { Command } from '@app/kernel';
import { type Clock, type CommandExecutor, type EventStore, uuidOf } from '@app/runtime';
import { zoneOfLog } from './business-zone';
import type { Notifiers } from './notifiers';

/** By what this process sends, and what it asks at the last moment before each message. */
export interface Delivery {
  notifiers: Notifiers;
  clock: Clock;
  /** Throws where another worker may have the work by now. */
  assertHeld: () => void;
}
interface DeliveryDeps extends Delivery {
  store: Pick<EventStore, 'read'>;
  load: CommandExecutor['load'];
}
interface StaffRecord {
  person: Person | null;
  contact: Contact;
}

const REMEMBERED_MAX = 2_000;
const ADDRESS = { MAIL: 'email', SMS: 'phone' } as const satisfies Record<Channel, keyof Contact>;
const ADDRESS_IN_WORDS = { MAIL: 'mail address', SMS: 'telephone number' } as const satisfies Record<Channel, string>;

export class NotificationDelivery {
  /** By the command's id. */
  private readonly made = new LRUCache<string, DeliveryOutcome>({ max: REMEMBERED_MAX });
  private zone: string | undefined;

  constructor(private readonly deps: DeliveryDeps) {}

  /** Leaves commands as they are that send nothing. */
  async prepare(command: Command, state: NotificationState): Promise<Command> {
    const asked = command as NotificationCommand;
    if (asked.type !== 'AttemptDelivery' || !isNextAttempt(state, asked)) return command;
    let delivery = this.made.get(asked.id);
    if (delivery === undefined) this.made.set(asked.id, (delivery = await this.deliver(state.queued!)));
    return Object.assign(asked, { context: { delivery } satisfies AttemptDelivery['context'] });
  }

  private async deliver(queued: NotificationQueued['data']): Promise<DeliveryOutcome> {
    const { notificationId, staffId, channel } = queued;
    const { notifiers, clock, assertHeld } = this.deps;
    const record = await this.recordOf(staffId);
    if (record === 'unreadable') return { outcome: 'failed', error: `The record of ${staffId} cannot be read.` };
    if (record.person === null) return { outcome: 'undeliverable', reason: `There is nobody registered as ${staffId}.` };
    if (!record.person.active) return { outcome: 'undeliverable', reason: `${staffId} has departed.` };
    const to = record.contact[ADDRESS[channel]];
    if (to === null) return { outcome: 'undeliverable', reason: `${staffId} has no ${ADDRESS_IN_WORDS[channel]}.` };
    const sending = notifiers.by[channel];
    const { subject, mail, sms } = await this.textOf(queued, !sending.local);
    const message = { id: uuidOf(`notification/${notificationId}`), recipient: staffId, to, subject, text: channel === 'MAIL' ? mail : sms, at: clock.now() };
    return sending.send(message, assertHeld);
  }

  private async textOf(queued: NotificationQueued['data'], withNames: boolean): Promise<ReturnType<typeof notificationText>> {
    const zone = (this.zone ??= await zoneOfLog(this.deps.store));
    const names = new Map<string, string>();
    for (const staffId of withNames ? peopleNamed(queued.values) : []) {
      const record = await this.recordOf(staffId);
      const name = record === 'unreadable' ? null : record.contact.name;
      if (name !== null) names.set(staffId, `${name} (${staffId})`);
    }
    return notificationText(queued, { zone, amount: await this.amountOf(queued.values['order']), nameOf: (staffId) => names.get(staffId) ?? staffId });
  }

  /** As it is now; left out where it cannot be told. */
  private async amountOf(orderStream: string | undefined): Promise<string | null> {
    if (orderStream === undefined) return null;
    const { identity, content } = await this.deps.load<Pick<OrderState, 'identity' | 'content'>>(orderStream).then(({ state }) => state, () => NO_ORDER);
    return identity === null || content === null ? null : `${decimalOf(content.total, identity.currency)} ${identity.currency}`;
  }

  /** One record that cannot be opened must not keep the messages of the others. */
  private recordOf(staffId: string): Promise<StaffRecord | 'unreadable'> {
    return this.deps.load<StaffRecord>(staffStream(staffId)).then(({ state }) => state, () => 'unreadable');
  }
}

const NO_ORDER = { identity: null, content: null };
