// A mail as its reader sees it: subject and body. Every other header is dropped: list names and spam filters' verdicts there
// would give the answer away. Reads what mail of any age gets wrong without complaint (RFC 5322, 2045-2047; no attachments).
import { TextDecoder } from "node:util";
import { decodeWindows1252 } from "./rows/encodings.ts";

/** What a person reads of a mail. */
export interface Mail {
  subject: string;
  body: string;
}

interface Part {
  headers: Map<string, string>;
  body: string;
}

const MAX_CHARACTERS = 100_000; // of one part; bounds the work on a mail made to be slow to read
const MAX_DEPTH = 8; // of nested multiparts; deeper ones are hostile or broken

/** Parses the raw bytes of one mail, with or without the "From " line that mailbox files put before it. */
export function parseMail(bytes: Buffer): Mail {
  // One character per byte, so that each part can be decoded by its own charset.
  const part = splitPart(bytes.toString("latin1").replace(/\r\n?/g, "\n"));
  const subject = decodeWords(part.headers.get("subject") ?? "");
  return { subject: tidy(subject), body: tidy(readableText(part, 0)) };
}

function splitPart(text: string): Part {
  const end = text.search(/\n\n|^\n/);
  const head = end === -1 ? text : text.slice(0, end);
  const body = end === -1 ? "" : text.slice(end).replace(/^\n+/, "");
  const headers = new Map<string, string>();
  for (const line of head.replace(/\n[ \t]+/g, " ").split("\n")) {
    const match = /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/.exec(line);
    const name = match?.[1].toLowerCase();
    if (match && name && !headers.has(name)) headers.set(name, match[2]);
  }
  return { headers, body };
}

/** The text of a part: of alternatives the plain one, of a mixture all of them, and nothing of what is not text. */
function readableText(part: Part, depth: number): string {
  const type = (part.headers.get("content-type") ?? "text/plain").toLowerCase();
  if (type.startsWith("multipart/") && depth < MAX_DEPTH) {
    const parts = splitMultipart(part);
    const plain = parts.filter((child) => !isHtml(child));
    const plainTexts = plain.map((child) => readableText(child, depth + 1)).filter(Boolean);
    if (plainTexts.length > 0) return plainTexts.join("\n\n");
    return parts.map((child) => readableText(child, depth + 1)).join("\n\n");
  }
  if (type.startsWith("message/") && depth < MAX_DEPTH) {
    return readableText(splitPart(part.body), depth + 1);
  }
  if (!type.startsWith("text") && type.includes("/")) return "";
  const text = decodeBody(part, parameter(part, "charset")).slice(0, MAX_CHARACTERS);
  return isHtml(part) || /^\s*<(!doctype|html|head|body)\b/i.test(text) ? htmlToText(text) : text;
}

function isHtml({ headers }: Part): boolean {
  return /^\s*text\/html/i.test(headers.get("content-type") ?? "");
}

function splitMultipart(part: Part): Part[] {
  const boundary = parameter(part, "boundary");
  // Without its boundary a multipart is read as the one text it looks like.
  if (!boundary) return [{ headers: new Map(), body: part.body }];
  const pieces = `\n${part.body}`.split(`\n--${boundary}`).slice(1);
  // After a boundary comes the rest of its line; "--" there marks the end.
  return pieces
    .filter((piece) => !piece.startsWith("--"))
    .map((piece) => splitPart(piece.replace(/^[^\n]*\n/, "")));
}

function parameter({ headers }: Part, name: string): string | undefined {
  const pattern = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, "i");
  const match = pattern.exec(headers.get("content-type") ?? "");
  return match?.[1] ?? match?.[2];
}

function decodeBody({ headers, body }: Part, charset: string | undefined): string {
  const encoding = headers.get("content-transfer-encoding")?.trim().toLowerCase();
  if (encoding === "base64") return decodeCharset(Buffer.from(body, "base64"), charset);
  const bytes = encoding === "quoted-printable" ? decodeQuotedPrintable(body) : body;
  return decodeCharset(Buffer.from(bytes, "latin1"), charset);
}

/** "=3D" to "=", and a lone "=" at the end of a line joins it with the next; one character per byte. */
function decodeQuotedPrintable(text: string): string {
  return text
    .replace(/=[ \t]*\n/g, "")
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** Unknown and missing charsets are Windows-1252, which is what mail without a charset mostly is. */
function decodeCharset(bytes: Buffer, charset: string | undefined): string {
  const decoder = decoderOf(charset);
  return decoder ? decoder.decode(bytes) : decodeWindows1252(bytes);
}

/** Undefined for Windows-1252, which the Web standard also makes of "iso-8859-1" and "us-ascii". */
function decoderOf(charset: string | undefined): TextDecoder | undefined {
  try {
    const decoder = new TextDecoder(charset ?? "windows-1252");
    return decoder.encoding === "windows-1252" ? undefined : decoder;
  } catch {
    return undefined; // the label is whatever the sender made up
  }
}

/** Encoded words in a header, "=?charset?Q?text?=" (RFC 2047); white space between two of them is not part of the text. */
function decodeWords(header: string): string {
  return header
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(
      /=\?([^?]+)\?([bq])\?([^?]*)\?=/gi,
      (_, charset: string, kind: string, text: string) =>
        kind.toLowerCase() === "b"
          ? decodeCharset(Buffer.from(text, "base64"), charset)
          : decodeCharset(
              Buffer.from(decodeQuotedPrintable(text.replaceAll("_", " ")), "latin1"),
              charset,
            ),
    );
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " " };

/** The words of a page: no scripts, styles, comments and tags; block elements begin a line. */
function htmlToText(html: string): string {
  return html
    .replace(/<!--[^]*?(-->|$)/g, "")
    .replace(/<(script|style|title)\b[^]*?(<\/\1\s*>|$)/gi, " ")
    .replace(/<\/?(p|div|br|tr|li|table|h[1-6]|hr)\b[^<>]*>/gi, "\n")
    .replace(/<[/!]?[a-z][^<>]*>/gi, "")
    .replace(/&(#x?[0-9a-f]+|[a-z]+);?/gi, (entity, name: string) => decodeEntity(name) ?? entity);
}

function decodeEntity(name: string): string | undefined {
  if (!name.startsWith("#")) return entities[name.toLowerCase()];
  const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

/** No runs of blanks or blank lines. */
function tidy(text: string): string {
  return text
    .replace(/[^\S\n]+/g, " ")
    .replace(/ ?\n ?/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
