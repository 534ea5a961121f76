// From the name in the config to the bytes of valid UTF-8 text: found, unpacked and checked to be what the name says.
import { isAbsolute, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { UserError } from "../../errors.ts";
import { fileBytes, pathExists, readBytes, sha256 } from "../../files.ts";
import { refuseBinary, refuseInvalid, withoutMark } from "../decode.ts";
import { linesOf } from "../lines.ts";
import { refuseOldMac, refuseOtherFormat } from "./disguise.ts";
import { type FormatName, formatOf } from "./formats.ts";

/** A file of the user, read once. */
export interface OwnFile {
  path: string;
  format: FormatName;
  /** Unpacked, valid UTF-8, without a byte-order mark. */
  bytes: Buffer;
  /** Of the bytes as they are on disk. */
  sha256: string;
}

const MAX_BYTES = 2 ** 30; // everything is read at once; encoders of this size learn from far less

/** Reads the file that `setting` names, relative to the data folder or else the current one. Throws UserError. */
export function openOwn(name: string, setting: string, dataDir: string | undefined): OwnFile {
  const { format, isGzip } = formatOf(name, setting);
  const path = locate(name, setting, dataDir);
  const size = fileBytes(path) ?? 0;
  if (size > MAX_BYTES) throw tooLarge(path, "");
  const raw = readBytes(path);
  if (raw.length === 0) throw emptyFile(path);
  const unpacked = isGzip ? unpack(path, raw) : raw;
  refuseBinary(path, unpacked);
  const bytes = withoutMark(unpacked);
  refuseOldMac(path, bytes);
  const firstLine = firstLineOf(bytes);
  if (firstLine === undefined) throw emptyFile(path);
  refuseInvalid(path, bytes);
  refuseOtherFormat(path, format, firstLine);
  return { path, format, bytes, sha256: sha256(raw) };
}

function locate(name: string, setting: string, dataDir: string | undefined): string {
  const path = dataDir === undefined ? name : isAbsolute(name) ? name : join(dataDir, name);
  if (pathExists(path)) return path;
  const elsewhere = path !== name && pathExists(name);
  throw new UserError(`${setting}: ${name}: no such file: looked for ${resolve(path)}`, {
    hint: elsewhere
      ? "it is in the current folder, which counts only without --data"
      : "paths are relative to the folder of --data DIR, without it to the current folder",
  });
}

function unpack(path: string, raw: Buffer): Buffer {
  try {
    return gunzipSync(raw, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(path, "unpacked, ");
    if (!code?.startsWith("Z_")) throw error;
    throw new UserError(`${path}: ${message}: expected gzip, as .gz says`, {
      hint:
        code === "Z_BUF_ERROR"
          ? "the file is cut short; copy it again"
          : "take .gz off its name if it is not compressed; otherwise it is damaged, copy it again",
      cause: error,
    });
  }
}

function tooLarge(path: string, when: string): UserError {
  return new UserError(`${path}: ${when}more than 1 GiB: expected less`, {
    hint: "train on a sample of its rows",
  });
}

function emptyFile(path: string): UserError {
  return new UserError(`${path}: empty: expected a line of column names and rows, or JSON lines`, {
    hint: "the file may have been cut short; write it again",
  });
}

function firstLineOf(bytes: Buffer): string | undefined {
  for (const { text } of linesOf(bytes)) if (text.trim() !== "") return text;
  return undefined;
}
