// Encodings other than UTF-8: which one a text is probably in, so that an error can name the command that converts it. No text is
// ever read by such a guess.
import { isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";

interface Encoding {
  /** As iconv calls it. */
  name: string;
  decode: (bytes: Buffer) => string;
  /** What texts in it have beyond ASCII. */
  typical: RegExp;
  /** The share of the characters beyond ASCII that `typical` finds in an ordinary text. */
  share: number;
}

// An accented letter stands among plain ones, a capital at the beginning of a word.
const LATIN =
  /(?<![à-ÿ])[à-ïñ-öø-üßœ]{1,2}(?![à-ÿ])|(?<![a-zß-ÿ])[À-ÖØ-Þ](?=[a-zA-Zß-ÿ])|[¼½¾](?!\p{L})|(?<=[A-Z])[À-ÖØ-Þ]{1,2}(?![a-zß-ÿ])|[\u00a0¡©«®°·»¿‘’“”–—…•€£™]/gu;
const TURKISH = /[çğıöşüÇĞİÖŞÜâî‘’“”–—…\u00a0]/gu;
const EASTERN = /(?<![À-ž])[áéíóúýäöüßąćęłńśźżčďěňřšťůžőűăâîşţ]{1,4}(?![À-ž])|[‘’“”„–—…\u00a0]/gu;
// Of alphabets the letters that half of any text is made of: another alphabet's bytes give all letters alike.
const CYRILLIC = /[аеинорсті]/giu;
const GREEK = /[αειονητσςάέήίόύώ]/gu;
const HEBREW = /[אהוילמרת]/gu;
const ARABIC = /[اليمونترة]/gu;
const THAI = /[านรกอเงมยลวสท่้]/gu;
const KANA = /[\u3041-\u30fc、。]/gu;
const HANGUL = /[\uac00-\ud7a3]/gu;
const HAN =
  /[的一是不了人我在有他这這中大来來上个個国國到说說们們为為子和你地出道也时時年得就那要下以生会會自着著去之过過家学學对對可里裡后後小么麼心多天而能好都然没沒日于於起还還发發成事只作当當想看文无無，。！？、：]/gu;

const encodings: Encoding[] = [
  { name: "WINDOWS-1252", decode: decodeWindows1252, typical: LATIN, share: 1 },
  { name: "MACINTOSH", decode: decoder("macintosh"), typical: LATIN, share: 1 },
  { name: "WINDOWS-1250", decode: decoder("windows-1250"), typical: EASTERN, share: 1 },
  { name: "ISO-8859-2", decode: decoder("iso-8859-2"), typical: EASTERN, share: 1 },
  { name: "WINDOWS-1254", decode: decoder("windows-1254"), typical: TURKISH, share: 1 },
  { name: "ISO-8859-15", decode: decoder("iso-8859-15"), typical: LATIN, share: 1 },
  { name: "WINDOWS-1251", decode: decoder("windows-1251"), typical: CYRILLIC, share: 0.55 },
  { name: "KOI8-R", decode: decoder("koi8-r"), typical: CYRILLIC, share: 0.55 },
  { name: "CP866", decode: decoder("ibm866"), typical: CYRILLIC, share: 0.55 },
  { name: "ISO-8859-5", decode: decoder("iso-8859-5"), typical: CYRILLIC, share: 0.55 },
  { name: "WINDOWS-1253", decode: decoder("windows-1253"), typical: GREEK, share: 0.65 },
  { name: "WINDOWS-1255", decode: decoder("windows-1255"), typical: HEBREW, share: 0.6 },
  { name: "WINDOWS-1256", decode: decoder("windows-1256"), typical: ARABIC, share: 0.6 },
  { name: "WINDOWS-874", decode: decoder("windows-874"), typical: THAI, share: 0.5 },
  { name: "CP932", decode: decoder("shift_jis"), typical: KANA, share: 0.4 },
  { name: "EUC-JP", decode: decoder("euc-jp"), typical: KANA, share: 0.4 },
  { name: "CP949", decode: decoder("euc-kr"), typical: HANGUL, share: 0.9 },
  { name: "GB18030", decode: decoder("gb18030"), typical: HAN, share: 0.3 },
  { name: "BIG5-HKSCS", decode: decoder("big5"), typical: HAN, share: 0.3 },
];

const MAX_SAMPLE = 2 ** 26; // bytes; strings have a limit
const MAX_SCORED = 2 ** 18; // characters
const LEAST_SCORE = 0.3;

/** The next step for whoever has text that is not UTF-8, of which `sample` is the whole or a large part. */
export function conversionHint(sample: Buffer): string {
  const part = sample.subarray(0, MAX_SAMPLE);
  if (isMostlyUtf8(part))
    return "most of the file is UTF-8: correct the line, or drop such bytes: iconv -c -f UTF-8 -t UTF-8 FILE > NEW-FILE";
  const name = guessEncoding(part);
  if (name === undefined)
    return "ask for the encoding that it was written in, then: iconv -f ENCODING -t UTF-8 FILE > NEW-FILE";
  return `it may be ${name}; see whether the line is right after: ${conversion(name)}`;
}

/** The command that converts a file to UTF-8. */
export function conversion(encoding: string): string {
  return `iconv -f ${encoding} -t UTF-8 FILE > NEW-FILE`;
}

/** The encoding that decodes all the bytes, to the most ordinary text; undefined where none makes sense of them. */
function guessEncoding(bytes: Buffer): string | undefined {
  let best: { name: string; score: number } | undefined;
  for (const { decode, name, share, typical } of encodings) {
    const whole = tryDecode(decode, bytes);
    if (whole === undefined) continue;
    const start = whole.search(/[^\0-\x7f]/u); // eslint-disable-line no-control-regex -- ASCII begins there
    const text = whole.slice(Math.max(0, start - 1), start + MAX_SCORED);
    const numTypical = (text.match(typical) ?? []).join("").length;
    const numOther = text.match(/[^\0-\x7f]/gu)?.length ?? 0; // eslint-disable-line no-control-regex -- ASCII begins there
    const score = Math.min(1, numTypical / numOther / share);
    if (score > (best?.score ?? LEAST_SCORE)) best = { name, score };
    if (score === 1) break;
  }
  return best?.name;
}

/** Undefined for bytes that stand for nothing: decoders of the Web refuse them or, as iconv does not, make them C1 controls. */
function tryDecode(decode: Encoding["decode"], bytes: Buffer): string | undefined {
  try {
    const text = decode(bytes);
    return /[\x80-\x9f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function decoder(label: string): Encoding["decode"] {
  // A sample may end within a character, which is no fault of a stream.
  return (bytes) => new TextDecoder(label, { fatal: true }).decode(bytes, { stream: true });
}

/** Whether more characters beyond ASCII are right in UTF-8 than wrong. */
function isMostlyUtf8(bytes: Buffer): boolean {
  if (isUtf8(bytes)) return true;
  const text = bytes.toString("utf8");
  const numWrong = text.match(/\ufffd/g)?.length ?? 0;
  const numRight = text.match(/[^\0-\x7f\ufffd]/gu)?.length ?? 0; // eslint-disable-line no-control-regex -- ASCII begins there
  return numRight > numWrong;
}

/** By hand, because Node 20's decoder leaves 0x80 to 0x9f as control characters and newer ones do not. */
export function decodeWindows1252(bytes: Buffer): string {
  return bytes
    .toString("latin1")
    .replace(/[\x80-\x9f]/g, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80]);
}

/** 0x80 to 0x9f; five bytes are unassigned. */
const WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
