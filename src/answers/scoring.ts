// How the answers to a task are made and scored, from what the task is and what the experiment's `task:` section says.
import { isSpan, type TaskSettings } from "../data/settings.ts";
import type { TaskOutline } from "../data/tasks.ts";
import type { Scoring } from "./collect.ts";

/** The scoring of a task with these settings. */
export function scoringOf(task: TaskOutline, settings: TaskSettings): Scoring {
  const { kind, mainMetric, metrics } = task;
  if (!isSpan(settings)) return { kind, metrics, mainMetric };
  const { maxAnswerLength, nBest } = settings;
  const rules =
    settings.name === "squad2"
      ? { version: "2.0" as const, nullThreshold: settings.nullThreshold }
      : { version: "1.1" as const };
  return { kind, metrics, mainMetric, spans: { maxAnswerLength, nBest, ...rules } };
}
