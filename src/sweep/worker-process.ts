// The sweep's side of a worker process: started when it is first needed, replaced after it has died.
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { invariant } from "../errors.ts";
import type { RunEvent } from "../train/events.ts";
import type { Order, Reply } from "./messages.ts";

const program = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

/** The worker ended without an answer. */
export class WorkerDied extends Error {
  override name = "WorkerDied";
}

export class WorkerProcess {
  #child: ChildProcess | undefined;

  /**
   * Has an order carried out and gives the answer; events go to `onEvent`. One order at a time. Throws WorkerDied, with the
   * signal or exit code and the process's last words, if it ends before.
   */
  async carryOut<Answer extends "ended" | "probed">(
    order: Order,
    answer: Answer,
    onEvent: (event: RunEvent) => void = () => {},
  ): Promise<Extract<Reply, { type: Answer }>> {
    const child = (this.#child ??= this.#start());
    return new Promise((resolve, reject) => {
      let lastWords = "";
      const listen = (chunk: Buffer) => (lastWords = (lastWords + chunk.toString()).slice(-2000));
      const onReply = (reply: Reply) => {
        if (reply.type === "event") return onEvent(reply.event);
        invariant(reply.type === answer, `the worker answered ${reply.type} to ${order.type}`);
        settle();
        resolve(reply as Extract<Reply, { type: Answer }>);
      };
      const onExit = (code: number | null, signal: string | null) => {
        settle();
        this.#child = undefined;
        reject(new WorkerDied(describeEnd(code, signal, lastWords)));
      };
      const onError = (error: Error) => {
        // A message to a process that is ending: its exit, which follows, says more.
        if (child.pid === undefined) onExit(null, error.message);
      };
      const settle = () => {
        child.off("error", onError);
        child.off("message", onReply);
        child.off("exit", onExit);
        child.stderr?.off("data", listen);
      };
      child.on("error", onError);
      child.on("message", onReply);
      child.on("exit", onExit);
      child.stderr?.on("data", listen);
      child.send(order);
    });
  }

  /** Asks the running cell to save and stop. */
  stop(): void {
    if (this.#child?.connected) this.#child.send({ type: "stop" } satisfies Order);
  }

  /** Ends the process; to be called when no order is being carried out. */
  end(): void {
    if (this.#child?.connected) this.#child.disconnect();
    this.#child = undefined;
  }

  #start(): ChildProcess {
    const child = fork(fileURLToPath(program), { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    child.stderr?.resume();
    child.on("error", () => {}); // whoever waits for an answer hears of it
    child.on("exit", () => {
      if (this.#child === child) this.#child = undefined;
    });
    return child;
  }
}

function describeEnd(code: number | null, signal: string | null, lastWords: string): string {
  const said = lastWords.trim() === "" ? "" : `: ${lastWords.trim()}`;
  if (signal === "SIGKILL")
    return `the process was killed (SIGKILL), as the system does when memory runs out${said}`;
  return `the process ended with ${signal ?? `exit code ${code}`}${said}`;
}
