// Invented questions in SQuAD's layout, as files of a folder that every test has for itself.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach } from "vitest";
import { SpanSettings } from "../../src/data/settings.ts";
import { squadTask } from "../../src/data/squad/squad.ts";
import { UserError } from "../../src/errors.ts";
import { temporaryFolders } from "./temp.ts";

type Settings = Partial<SpanSettings>;

/** The task with its usual settings and these. */
export const taskOf = (settings: Settings) =>
  squadTask(SpanSettings.parse({ name: "squad", ...settings }));

/** Files in a folder, and what becomes of them. */
export function squadFiles() {
  const newFolder = temporaryFolders();
  let folder: string;
  beforeEach(() => void (folder = newFolder()));

  const load = (split = "train", settings: Settings = {}, dataDir: string | undefined = folder) =>
    taskOf(settings).load(split, { dataDir, seed: 0 });

  /** The UserError that loading throws. */
  const refusal = (...args: Parameters<typeof load>): UserError => {
    try {
      load(...args);
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
    throw new Error("loading was expected to fail");
  };

  const write = (name: string, content: unknown): string => {
    const path = join(folder, name);
    mkdirSync(join(path, ".."), { recursive: true });
    const isRaw = typeof content === "string" || Buffer.isBuffer(content);
    writeFileSync(path, isRaw ? content : JSON.stringify(content));
    return path;
  };

  return { folder: () => folder, load, newFolder, refusal, write };
}

export const context = "The blue boat belongs to Mara. 😀 The red one sank in 1871.";

/** A file of one paragraph. */
export function fileOf(qas: unknown[], text = context) {
  return { version: "1.1", data: [{ title: "Boats", paragraphs: [{ context: text, qas }] }] };
}

/** A question whose answers stand where they first occur, counted in characters. */
export function ask(id: string, ...answers: string[]) {
  const place = (text: string) => Array.from(context.slice(0, context.indexOf(text))).length;
  return {
    id,
    question: `Question ${id}?`,
    answers: answers.map((text) => ({ text, answer_start: place(text) })),
  };
}
