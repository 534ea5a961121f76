// The registry of tasks: a benchmark is one entry here; the user's own files become a task when they are opened.
import { glueTask } from "./glue.ts";
import { ownOutline, ownTask } from "./own/own.ts";
import { isOwn, isSpan, SpanSettings, type TaskSettings } from "./settings.ts";
import { spam } from "./spam.ts";
import { squadTask } from "./squad/squad.ts";
import type { DataSource, Task } from "./task.ts";

/** Every benchmark by the name that configs use. */
export const tasks = {
  cola: glueTask("cola"),
  sst2: glueTask("sst2"),
  mrpc: glueTask("mrpc"),
  stsb: glueTask("stsb"),
  qqp: glueTask("qqp"),
  mnli: glueTask("mnli"),
  qnli: glueTask("qnli"),
  rte: glueTask("rte"),
  wnli: glueTask("wnli"),
  squad: squadTask(SpanSettings.parse({ name: "squad" })),
  squad2: squadTask(SpanSettings.parse({ name: "squad2" })),
  spam,
} as const satisfies Record<string, Task>;

export type TaskName = keyof typeof tasks;

/** The task that the settings describe. The user's own files are read here, for their classes. */
export function openTask(settings: TaskSettings, source: DataSource): Task {
  if (isOwn(settings)) return ownTask(settings, source);
  if (isSpan(settings)) return squadTask(settings);
  return tasks[settings.name];
}

/** What is known of a task without reading any data. */
export type TaskOutline = Pick<Task, "evaluationSplits" | "kind" | "mainMetric" | "metrics">;

/** The outline of a task; how many metrics own data has depends on its labels. */
export function outlineOf(settings: TaskSettings, labels?: readonly string[]): TaskOutline {
  if (!isOwn(settings)) return tasks[settings.name];
  return ownOutline({ kind: settings.kind, labels: labels ?? settings.labels });
}
