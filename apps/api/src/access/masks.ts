// Masks for those who need not see personal data: enough is left to tell two people apart, never who they are.
// Whole JSON documents (history, quarantine) are masked by the names of their fields, wherever these stand.
const PERSONAL_FIELDS = new Set(['name', 'phone', 'email', 'detail', 'postcode', 'receivername', 'receiverphone', 'mobile', 'address', 'zip', 'buyernick', 'recipient', 'fullname', 'firstname', 'lastname']);
const MASK = '***';

/** `张三丰` becomes `张***`, an address detail `北***`. */
export function maskText(text: string): string {
  const [first = ''] = text;
  return `${first}${MASK}`;
}

/** `13800001234` becomes `***34`. */
export function maskPhone(phone: string): string {
  return `${MASK}${phone.slice(-2)}`;
}

/** `wang@example.com` becomes `w***@***`. */
export function maskEmail(email: string): string {
  return `${maskText(email)}@${MASK}`;
}

export function maskCustomer<C extends { name: string | null; phone: string | null; email: string | null }>(customer: C): C {
  const { name, phone, email } = customer;
  return { ...customer, name: name === null ? null : maskText(name), phone: phone === null ? null : maskPhone(phone), email: email === null ? null : maskEmail(email) };
}

export function maskAddress<A extends { detail: string | null; postcode: string | null }>(address: A): A {
  const { detail, postcode } = address;
  return { ...address, detail: detail === null ? null : maskText(detail), postcode: postcode === null ? null : MASK };
}

/** A copy in which every value under a personal field's name is masked, and what is still sealed is left out. */
export function maskDocument(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskDocument);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, inner]) => (field === 'sealed' ? [] : [[field, PERSONAL_FIELDS.has(field.toLowerCase()) ? maskValue(inner) : maskDocument(inner)]])),
  );
}

/** Text that could not be read has no fields to go by: it is masked whole. */
export function maskUnreadable(text: string): string {
  return text === '' ? '' : `${MASK} (${text.length} characters)`;
}

function maskValue(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? maskDocument(value) : maskText(String(value));
}
