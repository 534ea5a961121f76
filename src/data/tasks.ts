// The registry of tasks: a task is one entry here.
import { glueTask } from "./glue.ts";
import { spam } from "./spam.ts";
import type { Task } from "./task.ts";

/** Every task by the name that configs use. */
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
  spam,
} as const satisfies Record<string, Task>;

export type TaskName = keyof typeof tasks;
