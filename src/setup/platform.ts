// Where setup works: the wheels it takes libraries from are those for Linux on x86-64 with glibc.
import { UserError } from "../errors.ts";

export interface Platform {
  platform: string;
  arch: string;
}

/** Throws on any other platform. */
export function requireLinux(what: string, { platform, arch }: Platform = process): void {
  if (platform === "linux" && arch === "x64") return;
  throw new UserError(`setup ${what}: ${platform} ${arch}: expected linux x64`, {
    hint: "the compiled engine needs no setup: leave out --device, or say --device cpu",
  });
}
