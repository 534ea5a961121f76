// Labels that are written differently and mean the same, or only look the same. What becomes of each kind:
// - Folded always, as nobody means it: blanks around a label; other blanks than the space, and several in a row; characters that
//   cannot be seen (zero-width spaces, soft hyphens, byte-order marks, marks of direction; joiners that join nothing); Unicode
//   forms of the same characters (NFC).
// - Folded where all labels are numbers: the same number, for joined tables write 0 and 0.0 in one column. labels.ts does it.
// - Told apart, with a remark: other case, width, look-alike letters of other alphabets, dashes and quotes. These may be meant.
// - No label: what programs write for a missing value. labels.ts asks, and the config's word goes before.

/** Characters that cannot be seen and change nothing. Joiners and variation selectors do change emoji and some scripts. */
const INVISIBLE = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

/** What joiners join: letters of some scripts, and emoji. */
const JOINS = "[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}]";
const JOINS_NOTHING = "[\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}\\p{Script=Han}]";
const JOINER = "[\\u200c\\u200d]+";

/** Joiners that are not between two of what they join, or come after a letter that never joins. */
const IDLE_JOINER = new RegExp(
  `(?<!${JOINS})${JOINER}|${JOINER}(?!${JOINS})|(?<=${JOINS_NOTHING})${JOINER}`,
  "gu",
);

/** The label as classes are told apart by: without what cannot be seen, its blanks single spaces, in Unicode's form NFC. */
export function cleanLabel(label: string): string {
  const visible = label.replace(INVISIBLE, "").replace(IDLE_JOINER, "").normalize("NFC");
  return visible.replace(/[\s\u0085]+/g, " ").trim();
}

/** What pandas reads as missing (`pandas.read_csv`, na_values), what it writes for that, and databases' `\N`. */
const MISSING = new Set(
  "#N/A,#N/A N/A,#NA,-1.#IND,-1.#QNAN,-NaN,-nan,1.#IND,1.#QNAN,<NA>,N/A,NA,NULL,NaN,None,n/a,nan,null,NaT,\\N".split(
    ",",
  ),
);

/** Whether the label, which is clean, is what programs write for a missing value. `none` is not: none of the classes is one. */
export function isMissing(label: string): boolean {
  return label === "" || MISSING.has(label);
}

/** A decimal number of any length: `sign * 0.DIGITS * 10^exponent`, without zeros at either end of the digits. */
interface Decimal {
  sign: -1 | 0 | 1;
  digits: string;
  exponent: number;
}

/** Reads a decimal number, also in digits of full width and with Unicode's minus; undefined where it is none. */
function readDecimal(label: string): Decimal | undefined {
  const text = label.normalize("NFKC").replace("\u2212", "-");
  const [, sign, whole = "", fraction = "", power = "0"] =
    /^([-+]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:e([-+]?\d{1,9}))?$/i.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return { sign: 0, digits, exponent: 0 };
  const exponent = digits.length - fraction.length + Number(power);
  return { sign: sign === "-" ? -1 : 1, digits: withoutZeros(digits), exponent };
}

/** A regular expression that looks for zeros at the end tries every run of zeros, which is quadratic. */
function withoutZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}

/** Equal for numbers of equal value, however large; undefined where the label is no number. */
export function numberKey(label: string): string | undefined {
  const decimal = readDecimal(label);
  return decimal && `${decimal.sign} ${decimal.digits} ${decimal.exponent}`;
}

/** Orders labels that are all numbers by their value. */
export function compareNumbers(a: string, b: string): number {
  const [x, y] = [readDecimal(a), readDecimal(b)];
  if (!x || !y) return 0;
  if (x.sign !== y.sign || x.sign === 0) return x.sign - y.sign;
  const larger =
    x.exponent - y.exponent || (x.digits < y.digits ? -1 : Number(x.digits > y.digits));
  return x.sign * larger;
}

/** The spelling of a number that people would choose of several: plain digits before exponents and signs, then the shortest. */
export function plainest(spellings: readonly string[]): string {
  const isPlain = (label: string) => /^-?(0|[1-9]\d*)(\.\d+)?$/.test(label);
  const rank = (label: string) => (isPlain(label) ? 0 : 1e6) + label.length;
  return spellings.reduce((best, label) => (rank(label) < rank(best) ? label : best));
}

/** Cyrillic and Greek letters, dashes and quotes, each after the ASCII character that it looks like in lower case. */
const LOOKALIKES = new Map(
  "aаα eеε oоο pрρ cсϲ yуυ xхχ iіι jј sѕ kкκ bвβ mм tтτ hн vν -‐‑‒–—−_ '’‘ʼ`´ \"“”„«»"
    .split(" ")
    .flatMap(([plain, ...others]) => others.map((other) => [other, plain] as const)),
);

/** Equal for labels that look alike, and for spellings of one word that differ in case, width, dashes, quotes or blanks. */
export function lookalikeKey(label: string): string {
  const number = numberKey(label);
  if (number !== undefined) return number;
  const letters = label.normalize("NFKC").toLowerCase().normalize("NFC");
  const visible = letters.replace(/[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, "");
  const plain = Array.from(visible, (letter) => LOOKALIKES.get(letter) ?? letter).join("");
  const unquoted = plain.replace(/^(["'])(.*)\1$/s, "$2");
  return unquoted.replace(/(?<=[\p{L}\p{N}])[-\s]+(?=[\p{L}\p{N}])/gu, " ");
}
