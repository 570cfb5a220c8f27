// Hands short messages to a gateway over HTTP: POST {to, text, id} as JSON with a bearer token.
// The id is also the Idempotency-Key, so that a gateway that knows either takes a message once.
import type { Message, Notifier, SendOutcome } from '@app/runtime';
import { digitsOf, isTelephoneNumber } from './addresses';

/** Answers in 400-499 that do not speak of the message: asked with a wrong token or at a wrong place, too slowly, too early or too often. */
const ABOUT_THE_ASKING = [401, 403, 404, 405, 407, 408, 425, 429];

/**
 * 2xx: taken over. 4xx: it will never be, but for 401, 403, 404, 405 and 407 (token or address of the gateway are wrong, which can be
 * mended) and 408, 425 and 429 (later). Everything else, and no answer, is tried again. Redirects are not followed: the token is for
 * this address alone.
 */
export class SmsGatewayNotifier implements Notifier {
  readonly local = false;
  private readonly closing = new AbortController();

  constructor(private readonly gateway: { url: string; token: string }) {}

  async send({ id, to, text }: Message, signal: AbortSignal): Promise<SendOutcome> {
    if (!isTelephoneNumber(to)) return { outcome: 'undeliverable', reason: 'What stands as the telephone number is none.' };
    const { url, token } = this.gateway;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'idempotency-key': id },
        body: JSON.stringify({ to: digitsOf(to), text, id }),
        redirect: 'manual',
        signal: AbortSignal.any([signal, this.closing.signal]),
      });
      // Nothing in the answer matters, and it may repeat the number.
      await response.body?.cancel();
      return outcomeOf(response.status);
    } catch (error) {
      return { outcome: 'failed', error: `The SMS gateway could not be asked (${nameOf(error)}).` };
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
  }
}

function outcomeOf(status: number): SendOutcome {
  if (status >= 200 && status < 300) return { outcome: 'sent' };
  if (status >= 400 && status < 500 && !ABOUT_THE_ASKING.includes(status)) return { outcome: 'undeliverable', reason: `The SMS gateway refuses it for good (${status}).` };
  return { outcome: 'failed', error: `The SMS gateway answered ${status}.` };
}

/** `ECONNREFUSED` rather than `TypeError`. */
function nameOf(error: unknown): string {
  const { name, cause } = error as Error & { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : name;
}
