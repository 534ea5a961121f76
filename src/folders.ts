// Where peft keeps what belongs to no project: a cache, which can be computed again, and what `peft setup` has installed.
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** $PEFT_CACHE, else peft in $XDG_CACHE_HOME or ~/.cache. */
export function cacheFolder(): string {
  const { PEFT_CACHE, XDG_CACHE_HOME } = process.env;
  return PEFT_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "peft");
}

/** $PEFT_HOME, else peft in $XDG_DATA_HOME or ~/.local/share. Outside node_modules, which `npm ci` empties. */
export function homeFolder(): string {
  const { PEFT_HOME, XDG_DATA_HOME } = process.env;
  return resolve(PEFT_HOME || join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "peft"));
}
