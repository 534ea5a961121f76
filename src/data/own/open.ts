// From the name in the config to the bytes of the file: found and unpacked.
import { isAbsolute, join, resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { pathExists, readBytes, sha256 } from "../../files.ts";
import { unpack } from "../gzip.ts";
import { formatOf, type FormatName } from "../rows/formats.ts";

/** A file of the user, read once. */
export interface OwnFile {
  path: string;
  /** What its name says; undefined where that is nothing. */
  format: FormatName | undefined;
  /** Unpacked. */
  bytes: Buffer;
  /** Of the bytes as they are on disk. */
  sha256: string;
}

const MAX_BYTES = 2 ** 30; // everything is read at once; encoders of this size learn from far less
const HINT = "name a file of at most 1 GiB, which may be a sample of the rows of a larger one";

/** Reads the file that `setting` names, relative to the data folder or else the current one. Throws UserError. */
export function openOwn(name: string, setting: string, dataDir: string | undefined): OwnFile {
  const path = locate(name, setting, dataDir);
  const { format, isGzip } = formatOf(name);
  const raw = readBytes(path, HINT, MAX_BYTES);
  const bytes = isGzip && raw.length > 0 ? unpack(path, raw, MAX_BYTES, HINT) : raw;
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
