// An SMTP server as one URL says it; what cannot be used is refused with a sentence that repeats no password.
// `smtp://` begins in plain text and goes over to TLS where the server offers it, `smtps://` begins with TLS.

export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte. */
  secure: boolean;
  /** Rather nothing than plain text. */
  requireTls: boolean;
  verifyCertificate: boolean;
  user: string | undefined;
  password: string | undefined;
}

const PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 };
/** Each is `true` or `false`; what it is where it is left out. */
const OPTIONS = { requireTls: 'false', verifyCertificate: 'true' } as const;

/**
 * `smtp[s]://[user:password@]host[:port][?requireTls=true][&verifyCertificate=false]`; port 587, with `smtps` 465, where none is given.
 * User and password are percent-encoded. A string: why it cannot be used.
 */
export function smtpServerOf(text: string): SmtpServer | string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const port = PORTS[url?.protocol ?? ''];
  if (url === undefined || port === undefined || url.hostname === '' || !['', '/'].includes(url.pathname) || url.hash !== '') return 'must be an address such as smtp://user:password@mail.example.com:587';
  const unknown = [...url.searchParams.keys()].find((name) => !(name in OPTIONS));
  if (unknown !== undefined) return `does not know the option ${unknown} (known: ${Object.keys(OPTIONS).join(', ')})`;
  const options = { ...OPTIONS, ...Object.fromEntries(url.searchParams) } as Record<keyof typeof OPTIONS, string>;
  const unclear = Object.keys(OPTIONS).find((name) => !['true', 'false'].includes(options[name as keyof typeof OPTIONS]));
  if (unclear !== undefined) return `takes true or false for ${unclear}`;
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (user === undefined || password === undefined) return 'has a user or a password that is not percent-encoded';
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? port : Number(url.port),
    secure: url.protocol === 'smtps:',
    requireTls: options.requireTls === 'true',
    verifyCertificate: options.verifyCertificate === 'true',
    user: user === '' ? undefined : user,
    password: password === '' ? undefined : password,
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
