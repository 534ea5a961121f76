// `peft tasks` and `peft methods`: what an experiment file may name.
import type { Command } from "commander";
import type { Io } from "./io.ts";

/** Adds `peft tasks`. */
export function addTasks(program: Command, io: Io): void {
  program
    .command("tasks")
    .description("list the tasks that task.name accepts")
    .action(async () => {
      const { tasks } = await import("../data/tasks.ts");
      const rows = Object.values(tasks).map(({ name, title, metrics, needsDataDir }) => [
        name,
        title,
        metrics.join(", "),
        needsDataDir ? "needs --data" : "comes with peft",
      ]);
      const { ownOutline } = await import("../data/own/own.ts");
      const own = (["classification", "pair", "regression"] as const).map((kind) => [
        `(${kind})`,
        `your own files: task.kind: ${kind}, see own-data.yaml`,
        ownOutline({ kind }).metrics.join(", "),
        "needs task.train",
      ]);
      io.stdout.write(await toTable([...rows, ...own]));
    });
}

/** Adds `peft methods`. */
export function addMethods(program: Command, io: Io): void {
  program
    .command("methods")
    .description("list the methods that method.name accepts, with their settings")
    .action(async () => {
      const { keysAt, expectedAt } = await import("../config/describe.ts");
      const { methods } = await import("../methods/methods.ts");
      const rows = Object.keys(methods).map((name) => {
        const data = { method: { name } };
        const settings = keysAt(["method"], data).filter((key) => key !== "name");
        return [
          name,
          settings.map((key) => `${key}: ${expectedAt(["method", key], data)}`).join("; "),
        ];
      });
      io.stdout.write(await toTable(rows));
    });
}

async function toTable(rows: string[][]): Promise<string> {
  const { renderTable } = await import("./render.ts");
  return renderTable(rows);
}
