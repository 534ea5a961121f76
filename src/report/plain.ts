// Texts of others in files that programs read: XML has no way to write most control characters, and TeX stops at them.

/** Not allowed in XML 1.0 (its production "Char"), and beyond that C1 and the marks that change the direction of writing. */
const unwanted =
  // eslint-disable-next-line no-control-regex -- control characters are what it is for
  /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The text with such characters written out, such as `\u001b` for ESC. */
export function plain(text: string): string {
  return text.replace(
    unwanted,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  );
}
