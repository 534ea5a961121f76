// A submission as a zip file. What may be in it is said in check.ts.
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { UserError } from "../errors.ts";
import type { SubmissionFile } from "./render.ts";

/** Zip files cannot say "no time"; the same predictions shall make the same bytes. */
const EARLIEST = new Date(1980, 0, 1);

/** The bytes of a zip file with all files at its top. */
export function packSubmission(files: readonly SubmissionFile[]): Uint8Array {
  const entries = files.map(({ name, text }) => [name, strToU8(text)]);
  return zipSync(Object.fromEntries(entries), { mtime: EARLIEST });
}

/** Every file in a zip file, whether or not it belongs in a submission. Throws UserError beginning with `place`. */
export function unpackSubmission(bytes: Uint8Array, place: string): SubmissionFile[] {
  return Object.entries(unzip(bytes, place))
    .filter(([name]) => !name.endsWith("/")) // folders are entries of their own
    .map(([name, content]) => ({ name, text: strFromU8(content) }));
}

function unzip(bytes: Uint8Array, place: string): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes);
  } catch (cause) {
    throw new UserError(`${place}: not readable as a zip file: expected a submission to GLUE`, {
      hint: "peft predict --split test --glue-submission FILE.zip writes one",
      cause,
    });
  }
}
