// The edge to the file system. Reads turn "not there" and "not allowed" into errors a person can act on; writes are atomic:
// whoever looks, or pulls the plug, sees the old file or the new one and never a half.
import { constants as bufferConstants, isUtf8 } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import {
  closeSync,
  constants,
  createReadStream,
  existsSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
} from "node:fs";
import { readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { getSystemErrorMap } from "node:util";
import { UserError } from "./errors.ts";

const reasons: Record<string, string> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EISDIR: "is a folder, expected a file",
  ENOTDIR: "a part of the path is a file, expected a folder",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the device",
  EDQUOT: "disk quota exceeded",
  EMFILE: "too many open files",
  EEXIST: "a file of that name exists, expected a folder",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  EIO: "the device reports an input/output error",
};

const roomNeeded =
  "make room there, then give the command again; nothing that was complete is lost";

/** What to do where nobody has more precise advice. */
const remedies: Record<string, string> = { ENOSPC: roomNeeded, EDQUOT: roomNeeded };

/** Runs a file operation and turns what the operating system refuses into a UserError naming the path. */
export function attempt<T>(path: string, action: () => T, hint?: string): T {
  try {
    return action();
  } catch (error) {
    const reason = refusalOf(error, path);
    if (reason === undefined) throw error;
    const advice = hint ?? remedies[(error as NodeJS.ErrnoException).code ?? ""];
    throw new UserError(`${path}: ${reason}`, advice ? { hint: advice, cause: error } : { cause: error }); // prettier-ignore
  }
}

/** Runs a file operation that may be refused without harm, as when what is to be removed cannot be: no error may hide another one. */
export function tolerate(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof UserError) && refusalOf(error, "") === undefined) throw error;
  }
}

/** Why the operating system refused, in words; undefined for any other error. */
export function refusalOf(error: unknown, path: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  if (code === "ERR_INVALID_ARG_VALUE" && path.includes("\0"))
    return "has a NUL character: expected a path";
  if (code === undefined || syscall === undefined) return undefined;
  const [, message] = getSystemErrorMap().get(errno ?? 0) ?? [];
  return reasons[code] ?? `${message ?? "the system refuses"} (${code})`;
}

/** The largest file that is read as one piece of memory: Node's limit. */
const MAX_BYTES = 2 ** 31 - 1;

const { MAX_STRING_LENGTH } = bufferConstants; // 512 MiB: V8's limit

/**
 * Opens a file for reading, without ever waiting for another program as a pipe would make it. Throws UserError for anything but a
 * file.
 */
export function openFile(path: string, hint?: string): number {
  return attempt(
    path,
    () => {
      const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const kind = kindOfEntry(fstatSync(file));
      if (kind === "a file") return file;
      closeSync(file);
      throw new UserError(`${path}: is ${kind}, expected a file`, hint ? { hint } : {});
    },
    hint,
  );
}

/** What stands at a path, in words. */
export function kindOfEntry(stats: Stats): string {
  if (stats.isFile()) return "a file";
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

/** The whole file. Throws UserError where it is larger than `maxBytes`. */
export function readBytes(path: string, hint?: string, maxBytes = MAX_BYTES): Buffer {
  const file = openFile(path, hint);
  try {
    const { size } = fstatSync(file);
    if (size > maxBytes)
      throw new UserError(
        `${path}: ${size} bytes: expected at most ${maxBytes}`,
        hint ? { hint } : {},
      );
    return attempt(path, () => readFileSync(file), hint);
  } finally {
    closeSync(file);
  }
}

/** The whole file as text, without a byte-order mark. Throws UserError for anything but UTF-8. */
export function readText(path: string, hint?: string, maxBytes = MAX_STRING_LENGTH): string {
  const bytes = readBytes(path, hint, maxBytes);
  if (!isUtf8(bytes))
    throw new UserError(`${path}: not UTF-8: expected text in UTF-8`, hint ? { hint } : {});
  const text = bytes.toString("utf8");
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** SHA-256 of a file of any size, as lower-case hexadecimal. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = openFile(path);
  try {
    for await (const chunk of createReadStream(path, { fd: file })) hash.update(chunk as Buffer);
  } catch (error) {
    attempt(path, () => {
      throw error;
    });
  }
  return hash.digest("hex");
}

/** The names in a folder; none where it is not there, or may not be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether something exists at `path`. */
export const pathExists = existsSync;

/** Whether a folder has an entry of that name, be it a link that leads nowhere. */
export function isThere(path: string): boolean {
  return attempt(path, () => lstatSync(path, { throwIfNoEntry: false })) !== undefined;
}

/** Size of the file in bytes; null where there is none. */
export function fileBytes(path: string): number | null {
  return attempt(path, () => statSync(path, { throwIfNoEntry: false })?.size ?? null);
}

/**
 * Creates a folder and its missing parents. One by one, because Node's recursive mkdir never returns below folders that refuse
 * new entries with ENOENT, such as /proc.
 */
export function makeFolder(path: string): void {
  const folder = resolve(path);
  if (existsSync(folder) && statSync(folder).isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  attempt(path, () => {
    try {
      mkdirSync(folder);
    } catch (error) {
      // Another process may have created it in the meantime.
      if (!existsSync(folder) || !statSync(folder).isDirectory()) throw error;
    }
  });
}

/** A file that is there only when it is complete. */
export interface AtomicFile {
  write(chunk: string | Uint8Array): void;
  /** Puts it in its place, flushed to the disk. */
  finish(): void;
  /** Removes what was written; does nothing once finished. */
  discard(): void;
}

/**
 * Opens a file for writing beside `path`, which it replaces in the end. Whoever opens it must finish or discard it. Its folder must be
 * there: one that was removed while a program works in it does not come back with a single file.
 */
export function openAtomic(path: string): AtomicFile {
  const temporary = `${path}.${process.pid}.tmp`;
  let file: number | undefined = attempt(path, () => openSync(temporary, "w"));
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    write: (chunk) => attempt(path, () => writeAll(file!, chunk)),
    finish: () =>
      attempt(path, () => {
        fsyncSync(file!);
        close();
        try {
          renameSync(temporary, path);
        } catch (error) {
          rmSync(temporary, { force: true });
          throw error;
        }
        syncFolder(dirname(path));
      }),
    discard: () => {
      if (file === undefined) return;
      tolerate(() => {
        close();
        rmSync(temporary, { force: true });
      });
    },
  };
}

/** Replaces the file at `path` by `chunks`, one after the other. On any failure the old file stays as it was. */
export function writeAtomic(path: string, ...chunks: (string | Uint8Array)[]): void {
  const file = openAtomic(path);
  try {
    for (const chunk of chunks) file.write(chunk);
    file.finish();
  } finally {
    file.discard();
  }
}

/** Writes all of the chunk: the system may take it in pieces, as on a disk that fills up. */
export function writeAll(file: number, chunk: string | Uint8Array): void {
  const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}

/** Makes a rename survive a power cut; Windows cannot open folders and does not need it. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** SHA-256 of the chunks in order, as lower-case hexadecimal. */
export function sha256(...chunks: (string | NodeJS.ArrayBufferView)[]): string {
  return chunks
    .reduce((hash: Hash, chunk) => hash.update(chunk), createHash("sha256"))
    .digest("hex");
}
