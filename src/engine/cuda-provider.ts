// ONNX Runtime's CUDA provider, which onnxruntime-node does not ship: `peft setup cuda` puts it and the CUDA libraries it needs
// into a folder of ours. ONNX Runtime looks for it beside itself, so it is linked there; the CUDA libraries are loaded by us, before
// it asks for them by name, so that no LD_LIBRARY_PATH is needed.
import { createRequire } from "node:module";
import { lstatSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { z } from "zod";
import { attempt, pathExists } from "../files.ts";
import { homeFolder } from "../folders.ts";
import { tryJsonFile } from "../json.ts";

const HINT = "peft setup cuda installs it";

/** Written by `peft setup cuda` beside the libraries. */
const cudaRecord = z.object({
  /** Version of ONNX Runtime, of which provider and library must be the same. */
  onnxruntime: z.string(),
  /** The provider's two libraries, below the folder. */
  providers: z.array(z.string()),
  /** CUDA's libraries below the folder, each after those it needs. */
  libraries: z.array(z.string()),
});

export type CudaRecord = z.infer<typeof cudaRecord>;

/** Where `peft setup cuda` installs. */
export function cudaFolder(): string {
  return join(homeFolder(), "cuda");
}

/** The record of what is in the folder; undefined where nothing was set up, or the record is damaged. */
export function readCudaRecord(folder = cudaFolder()): CudaRecord | undefined {
  return tryJsonFile(join(folder, "setup.json"), cudaRecord);
}

/** The version of onnxruntime-node that peft uses. */
export function onnxruntimeVersion(): string {
  return (ownRequire("onnxruntime-node/package.json") as { version: string }).version;
}

const ownRequire = createRequire(import.meta.url);

/** Whether NVIDIA's driver is there: its library comes with it and with nothing else. */
export function hasNvidiaDriver(): boolean {
  return reasonNotLoaded("libcuda.so.1") === undefined;
}

/**
 * Makes the provider "cuda" available to sessions created afterwards in this process. A provider that npm's own installer has put
 * beside ONNX Runtime is left to find CUDA's libraries by itself. Throws a UserError where there is none, it is for another ONNX
 * Runtime, or a library does not load.
 */
export function prepareCudaProvider(folder = cudaFolder()): void {
  const record = readCudaRecord(folder);
  if (!record && hasOwnProvider()) return;
  if (!record)
    throw new UserError(
      `CUDA: ONNX Runtime's CUDA provider is not installed (nothing in ${folder})`,
      { hint: HINT },
    );
  if (record.onnxruntime !== onnxruntimeVersion())
    throw new UserError(
      `${folder}: CUDA provider of ONNX Runtime ${record.onnxruntime}: expected ${onnxruntimeVersion()}`,
      { hint: HINT },
    );
  if (!hasNvidiaDriver())
    throw new UserError("CUDA: no NVIDIA driver: expected libcuda.so.1 where the system finds it", {
      hint: "install NVIDIA's driver, version 580 or newer", // what CUDA 13 needs
    });
  for (const library of record.libraries) {
    const reason = reasonNotLoaded(join(folder, library));
    if (reason !== undefined)
      throw new UserError(`${join(folder, library)}: ${reason}`, {
        hint: "peft setup cuda --remove, then peft setup cuda, installs it again",
      });
  }
  for (const provider of record.providers) link(join(folder, provider));
}

/** Whether ONNX Runtime's CUDA provider is there: by `peft setup cuda`, or by npm's own installer. */
export function isCudaProviderInstalled(): boolean {
  return readCudaRecord() !== undefined || hasOwnProvider();
}

/** Whether there is a provider beside ONNX Runtime that is not our link. */
function hasOwnProvider(): boolean {
  const path = linkTo("libonnxruntime_providers_cuda.so");
  return pathExists(path) && !isLink(path);
}

/** Takes the links beside ONNX Runtime away. */
export function unlinkCudaProvider(folder = cudaFolder()): void {
  for (const provider of readCudaRecord(folder)?.providers ?? []) {
    const path = linkTo(provider);
    if (isLink(path)) attempt(path, () => rmSync(path));
  }
}

/** The folder of libonnxruntime, the only one where it looks for providers. */
function runtimeFolder(): string {
  const root = dirname(ownRequire.resolve("onnxruntime-node/package.json"));
  return join(root, "bin", "napi-v6", process.platform, process.arch);
}

function linkTo(provider: string): string {
  return join(runtimeFolder(), provider.slice(provider.lastIndexOf("/") + 1));
}

/** Points the link to `target`. A file of that name is someone else's installation of the provider, and stays. */
function link(target: string): void {
  const path = linkTo(target);
  if (isLink(path) && readlinkSync(path) === target) return;
  attempt(path, () => {
    if (isLink(path)) rmSync(path, { force: true });
    else if (pathExists(path)) return;
    try {
      symlinkSync(target, path);
    } catch (error) {
      // Another process was quicker.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  });
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

const RTLD_NODELETE = 0x1000; // <dlfcn.h> of glibc and musl; not among os.constants

/**
 * Loads a shared library that is no Node addon, to stay. Node loads it, misses the entry point of an addon, says so and would unload
 * it, which RTLD_NODELETE prevents: what later asks for the library by name gets this one. Gives the reason if it was not loaded.
 */
function reasonNotLoaded(path: string): string | undefined {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith("Module did not self-register")) return message.split("\n")[0];
  }
  return undefined;
}

/**
 * Has NVIDIA's libraries compute float32 products from float32 values: on their own they round them to TF32's 10 bits. They read it
 * when they are loaded; what the user has set stays.
 */
export function keepFloat32(): void {
  process.env.NVIDIA_TF32_OVERRIDE ??= "0";
}
