// Masks for those who need not see personal data: enough is left to tell two people apart, never who they are.
// Whole JSON documents (history, quarantine) are masked by the names of their fields, wherever these stand, and alike.
const MASK = '***';
const PERSONAL_FIELDS: ReadonlyMap<string, (text: string) => string> = new Map([
  ...['name', 'detail', 'receivername', 'address', 'buyernick', 'recipient', 'fullname', 'firstname', 'lastname'].map((field) => [field, maskText] as const),
  ...['phone', 'receiverphone', 'mobile'].map((field) => [field, maskPhone] as const),
  ['email', maskEmail],
  ...['postcode', 'zip'].map((field) => [field, maskPostcode] as const),
]);

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

/** Nothing of it is left. */
function maskPostcode(): string {
  return MASK;
}

export function maskCustomer<C extends { name: string | null; phone: string | null; email: string | null }>(customer: C): C {
  const { name, phone, email } = customer;
  return { ...customer, name: name === null ? null : maskText(name), phone: phone === null ? null : maskPhone(phone), email: email === null ? null : maskEmail(email) };
}

export function maskAddress<A extends { detail: string | null; postcode: string | null }>(address: A): A {
  const { detail, postcode } = address;
  return { ...address, detail: detail === null ? null : maskText(detail), postcode: postcode === null ? null : maskPostcode() };
}

/** A copy in which every value under a personal field's name is masked, and what is still sealed is left out. */
export function maskDocument(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskDocument);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, inner]) => (field === 'sealed' ? [] : [[field, maskField(PERSONAL_FIELDS.get(field.toLowerCase()), inner)]])),
  );
}

/** What somebody sent and could not be read: as above, and nothing is left of what stands under no name or one that is not `known`. It may be anybody's name or phone. */
export function maskSent(value: unknown, known: ReadonlySet<string>): unknown {
  return maskPart(value, known, false);
}

/** `isShown`: it stands under a known name. */
function maskPart(value: unknown, known: ReadonlySet<string>, isShown: boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => maskPart(one, known, isShown));
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value !== 'object') return isShown ? value : MASK;
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => {
    const mask = PERSONAL_FIELDS.get(field.toLowerCase());
    const isText = mask !== undefined && (typeof inner === 'string' || typeof inner === 'number');
    return [field, isText ? mask(String(inner)) : maskPart(inner, known, mask === undefined && known.has(field))];
  }));
}

/** Text that could not be read has no fields to go by: it is masked whole. */
export function maskUnreadable(text: string): string {
  return text === '' ? '' : `${MASK} (${text.length} characters)`;
}

function maskField(mask: ((text: string) => string) | undefined, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => maskField(mask, one));
  if (mask === undefined || (typeof value === 'object' && value !== null)) return maskDocument(value);
  return value === null || value === undefined ? null : mask(String(value));
}
