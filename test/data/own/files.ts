// Files of a user for one test, and the task that settings make of them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ownTask } from "../../../src/data/own/own.ts";
import { TaskSettings, isOwn, type OwnSettings } from "../../../src/data/settings.ts";
import { UserError } from "../../../src/errors.ts";

/** Writes the files, those ending in .gz compressed, into `folder`. */
export function writeFiles(folder: string, files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), name.endsWith(".gz") ? gzipSync(content) : content);
  }
}

/** Settings as a config would give them: classes of the column "text". */
export function ownSettings(settings: object): OwnSettings {
  const parsed = TaskSettings.parse({
    kind: "classification",
    text: "text",
    label: "label",
    ...settings,
  });
  if (!isOwn(parsed)) throw new Error("expected the settings of own data");
  return parsed;
}

/** The task in `folder`; its files have been written. */
export function open(folder: string, settings: object, seed = 0) {
  return ownTask(ownSettings(settings), { dataDir: folder, seed });
}

/** Both splits and all notes of the task in `folder`. */
export function load(folder: string, settings: object, seed = 0) {
  const task = open(folder, settings, seed);
  const source = { dataDir: folder, seed };
  const [train, dev] = [task.load("train", source), task.load("dev", source)];
  return { task, train, dev, notes: [...train.notes, ...dev.notes] };
}

/** The UserError that opening the task throws; its message without the folder's name. */
export function refusal(folder: string, settings: object): { message: string; hint: string } {
  try {
    open(folder, settings);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const [message, hint] = [error.message, error.hint ?? ""].map((text) =>
      text.replaceAll(`${folder}/`, ""),
    );
    return { message, hint };
  }
  throw new Error("the task was expected to be refused");
}
