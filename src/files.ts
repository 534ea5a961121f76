// The edge to the file system. Reads turn "not there" and "not allowed" into errors a person can act on; writes are atomic:
// whoever looks, or pulls the plug, sees the old file or the new one and never a half.
import { createHash, type Hash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
} from "node:fs";
import { readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, resolve } from "node:path";
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

/** Runs a file operation and turns what the operating system refuses into a UserError naming the path. */
export function attempt<T>(path: string, action: () => T, hint?: string): T {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined || !(code in reasons)) throw error;
    throw new UserError(
      `${path}: ${reasons[code]}`,
      hint ? { hint, cause: error } : { cause: error },
    );
  }
}

/** The whole file. */
export function readBytes(path: string, hint?: string): Buffer {
  return attempt(path, () => readFileSync(path), hint);
}

/** The whole file as UTF-8 text, without a byte-order mark. */
export function readText(path: string, hint?: string): string {
  const text = readBytes(path, hint).toString("utf8");
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** What a file of our own says as JSON; undefined where it is not there, or is damaged and as good as not there. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch {
    return undefined;
  }
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

/** Opens a file for writing beside `path`, which it replaces in the end. Whoever opens it must finish or discard it. */
export function openAtomic(path: string): AtomicFile {
  const temporary = `${path}.${process.pid}.tmp`;
  makeFolder(dirname(path));
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
      close();
      rmSync(temporary, { force: true });
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

function writeAll(file: number, chunk: string | Uint8Array): void {
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
