// Sends messages to people by one channel: mail, SMS, or a file that stands for either.
// What comes of it is an answer, never a throw: whoever asks decides whether and when to try again.
import type { Instant } from '@app/kernel';

export interface Message {
  /** A UUID that is the same at every attempt and goes out with the message, so that the receiving side can drop a second one. */
  id: string;
  /** Whom it is for, by a name that is no personal data. */
  recipient: string;
  /** Address or telephone number. */
  to: string;
  /** One line; not every channel shows it. */
  subject: string;
  text: string;
  /** When it is sent, by our clock. */
  at: Instant;
}

/** `undeliverable`: trying again would not help. Neither text names an address or a person. */
export type SendOutcome = { outcome: 'sent' } | { outcome: 'failed'; error: string } | { outcome: 'undeliverable'; reason: string };

export interface Notifier {
  /** Nothing leaves this machine: what it is given lies here in clear, so names of people are to be left out, and no other side keeps it waiting. */
  readonly local: boolean;
  /** `sent`: the other side has taken it over. Ends as failed once the signal aborts; whether the message went out is not known then. */
  send(message: Message, signal: AbortSignal): Promise<SendOutcome>;
  /** Lets go of connections at once; what is being sent fails. */
  close(): Promise<void>;
}
