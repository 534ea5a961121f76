// `peft setup cuda`, top to bottom: download ONNX Runtime's CUDA provider and the CUDA libraries it needs, try it, and only then put
// it in its place.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  cudaFolder,
  type CudaRecord,
  onnxruntimeVersion,
  prepareCudaProvider,
  readCudaRecord,
  unlinkCudaProvider,
} from "../engine/cuda-provider.ts";
import { writeAtomic } from "../files.ts";
import { checkDigest } from "./digests.ts";
import { requireDriver, requireLinux } from "./platform.ts";
import { removeFolder, replaceFolder } from "./replace.ts";
import { selfTest } from "./self-test.ts";
import { runTool, type Watch } from "./tools.ts";
import { downloadWheels, requirementsOf, unpackWheels } from "./wheels.ts";

/** The provider, and of NVIDIA's wheels the libraries. */
const neededFiles =
  /onnxruntime\/capi\/libonnxruntime_providers_(cuda|shared)\.so$|nvidia\/.*\.so(\.\d+)*$/;

/** Loaded in this order, each after those it needs; what they load themselves lies beside them. */
const libraryOrder = [
  "libcudart",
  "libnvJitLink",
  "libcublasLt",
  "libcublas",
  "libcufft",
  "libcurand",
  "libnvrtc",
  "libcudnn",
];

export interface CudaSetup {
  /** Install where there is no NVIDIA driver, and hence without trying. */
  force: boolean;
  /** Where; by default where the engine looks. */
  folder?: string;
}

/** What is set up now. */
export interface CudaResult {
  folder: string;
  version: string;
  /** Nothing had to be done. */
  unchanged: boolean;
  /** Whether a product was computed on a GPU. */
  tested: boolean;
}

/** Installs the provider that belongs to the installed onnxruntime-node, unless it is there. */
export async function setupCuda(setup: CudaSetup, watch: Watch): Promise<CudaResult> {
  requireLinux("cuda");
  const folder = setup.folder ?? cudaFolder();
  const version = onnxruntimeVersion();
  const canTest = requireDriver("cuda", setup.force);
  await runTool("python3", ["--version"], { signal: watch.signal });
  if (readCudaRecord(folder)?.onnxruntime === version) {
    if (canTest) await tryOut(folder, watch);
    return { folder, version, unchanged: true, tested: canTest };
  }
  await replaceFolder(folder, async (temporary) => {
    await provideLibraries(version, temporary, watch);
    if (canTest) await tryOut(temporary, watch);
  });
  if (canTest) prepareCudaProvider(folder);
  return { folder, version, unchanged: false, tested: canTest };
}

/** Undoes setupCuda; says whether there was anything. */
export function removeCuda(folder = cudaFolder()): boolean {
  unlinkCudaProvider(folder);
  return removeFolder(folder);
}

async function tryOut(folder: string, watch: Watch): Promise<void> {
  watch.report("checking it: a product on the GPU");
  try {
    await selfTest({ what: "cuda", folder }, watch.signal);
  } finally {
    unlinkCudaProvider(folder); // whoever uses the provider links it; this folder may be gone by then
  }
}

async function provideLibraries(version: string, folder: string, watch: Watch): Promise<void> {
  const { signal } = watch;
  const wheels = join(folder, "wheels");
  watch.report(`downloading the CUDA provider of ONNX Runtime ${version}, about 240 MB`);
  const requirement = `onnxruntime-gpu==${version}`;
  const [wheel] = await downloadWheels([requirement], wheels, { signal, dependencies: false });
  await checkDigest(requirement, wheel);
  const requirements = await requirementsOf(wheel, ["cuda", "cudnn"], signal);
  watch.report(
    `downloading CUDA's libraries: ${requirements.length} wheels and theirs, about 1.3 GB`,
  );
  const cuda = await downloadWheels(requirements, wheels, { signal, dependencies: true });
  watch.report("unpacking them");
  await unpackWheels([wheel, ...cuda], folder, neededFiles, signal);
  rmSync(wheels, { recursive: true, force: true });
  const record: CudaRecord = { onnxruntime: version, ...listLibraries(folder) };
  writeAtomic(join(folder, "setup.json"), `${JSON.stringify(record, null, 2)}\n`);
}

/** The libraries below the folder that we load or link ourselves, in order. */
export function listLibraries(folder: string): Pick<CudaRecord, "libraries" | "providers"> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const named = (prefix: string) =>
    files.filter((path) => new RegExp(`(^|/)${prefix}\\.so(\\.\\d+)*$`).test(path));
  return {
    providers: named("libonnxruntime_providers_(cuda|shared)").toSorted(),
    libraries: libraryOrder.flatMap(named),
  };
}
