// Where setup works: the wheels it takes libraries from are those for Linux on x86-64 with glibc, and gigabytes of CUDA are of use
// beside NVIDIA's driver only.
import { hasNvidiaDriver } from "../engine/cuda-provider.ts";
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

/** Whether NVIDIA's driver is there. Throws where it is not, unless `force` says to go on without. */
export function requireDriver(what: string, force: boolean): boolean {
  if (hasNvidiaDriver()) return true;
  if (force) return false;
  throw new UserError(
    `setup ${what}: no NVIDIA driver: expected libcuda.so.1 where the system finds it`,
    {
      hint: "install NVIDIA's driver, version 580 or newer; or add --force to install without trying",
    },
  );
}
