// What may be sent to: one mail address, one telephone number, and nothing that could be read as more than one.
// Whether somebody is there is for the other side to say.

const MAIL_ADDRESS = /^[^\s<>()[\]\\,;:"@\p{Cc}]+@[^\s<>()[\]\\,;:"@\p{Cc}]+$/u;
const MAIL_ADDRESS_LENGTH_MAX = 254;
const TELEPHONE_NUMBER = /^\+?\d{3,20}$/;

export function isMailAddress(text: string): boolean {
  return text.length <= MAIL_ADDRESS_LENGTH_MAX && MAIL_ADDRESS.test(text);
}

export function isTelephoneNumber(text: string): boolean {
  return TELEPHONE_NUMBER.test(digitsOf(text));
}

/** Without what people put between digits: `+8613800001234` for `+86 138-0000-1234`. */
export function digitsOf(telephoneNumber: string): string {
  return telephoneNumber.replace(/[ ()./-]/g, '');
}
