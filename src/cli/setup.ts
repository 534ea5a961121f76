// `peft setup`: installs what npm cannot, and takes it away again.
import { type Command, Option } from "commander";
import { stopOnSignals } from "./interrupt.ts";
import { type Io, line } from "./io.ts";
import { printNote } from "./read-runs.ts";

interface TensorflowOptions {
  gpu?: boolean;
  force?: boolean;
  from?: string;
  remove?: boolean;
}

interface CudaOptions {
  force?: boolean;
  remove?: boolean;
}

const where = `
Everything goes to $PEFT_HOME, by default ~/.local/share/peft, and takes its place there when it
has passed a test; until then, and if anything fails, what was there stays.`;

const tensorflowHelp = `
Needs python3 with pip, a C++ compiler and npm. An installed TensorFlow is used where it lies;
else its wheel is downloaded: 274 MB, 0.8 GB on disk; with --gpu about 3 GB and 5.3 GB. Python's
packages are not touched.
${where}

Examples:
  peft setup tensorflow
  peft setup tensorflow --gpu                            # NVIDIA; downloads about 3 GB
  peft setup tensorflow --from tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl
  peft setup tensorflow --remove`;

const cudaHelp = `
Needs python3 with pip and NVIDIA's driver, version 580 or newer. Downloads about 1.5 GB,
2.3 GB on disk: the provider that belongs to the installed ONNX Runtime, and CUDA's libraries.
${where}

Examples:
  peft setup cuda
  peft setup cuda --remove`;

/** Adds `peft setup`. */
export function addSetup(program: Command, io: Io): void {
  const setup = program.command("setup").description("install what npm cannot, or remove it");
  setup
    .command("tensorflow")
    .description("libtensorflow for --device tfjs, on the CPU or an NVIDIA GPU")
    .option("--gpu", "with CUDA, for NVIDIA GPUs")
    .option("--force", "with --gpu: build without an NVIDIA driver")
    .option("--from <path>", "a TensorFlow wheel, or the folder of an installed TensorFlow")
    .addOption(new Option("--remove", "undo it").conflicts(["gpu", "from"]))
    .addHelpText("after", tensorflowHelp)
    .action(async (options: TensorflowOptions) => setupTensorflow(options, io));
  setup
    .command("cuda")
    .description("ONNX Runtime's CUDA provider, for NVIDIA GPUs")
    .option("--force", "install without an NVIDIA driver, and hence without trying")
    .addOption(new Option("--remove", "undo it").conflicts("force"))
    .addHelpText("after", cudaHelp)
    .action(async (options: CudaOptions) => setupCuda(options, io));
}

async function setupTensorflow(options: TensorflowOptions, io: Io): Promise<void> {
  const setup = await import("../setup/tensorflow.ts");
  if (options.remove) return tellRemoved("libtensorflow", setup.removeTensorflow(), io);
  const { force = false, from, gpu = false } = options;
  const result = await watched(io, (watch) =>
    setup.setupTensorflow({ gpu, force, ...(from !== undefined && { from }) }, watch),
  );
  const { withoutGpu, version, isUsingGpu, unchanged, folder } = result;
  if (withoutGpu !== undefined) printNote(`no GPU is used: ${withoutGpu}`, io);
  const what = `libtensorflow ${version}, ${isUsingGpu ? "GPU" : "CPU"}`;
  io.stdout.write(line`${what}: ${unchanged ? "unchanged" : "set up"} in ${folder}`);
  io.stdout.write("use it with --device tfjs\n");
}

async function setupCuda({ force = false, remove }: CudaOptions, io: Io): Promise<void> {
  const setup = await import("../setup/cuda.ts");
  if (remove) return tellRemoved("ONNX Runtime's CUDA provider", setup.removeCuda(), io);
  const result = await watched(io, (watch) => setup.setupCuda({ force }, watch));
  const state = `${result.unchanged ? "unchanged" : "set up"} in ${result.folder}`;
  const tested = result.tested ? "" : ", not tried: no NVIDIA driver";
  io.stdout.write(line`CUDA provider of ONNX Runtime ${result.version}: ${state}${tested}`);
}

function tellRemoved(what: string, wasThere: boolean, { stdout }: Io): void {
  stdout.write(wasThere ? `${what}: removed\n` : `${what}: was not set up\n`);
}

type Work<T> = (watch: { report(line: string): void; signal: AbortSignal }) => Promise<T>;

/** One line per stage; Ctrl-C ends it, with everything as it was. */
async function watched<T>(io: Io, work: Work<T>): Promise<T> {
  const interrupt = stopOnSignals(io, () => {}, "clearing up");
  try {
    const report = (stage: string) => io.stderr.write(line`${stage}`);
    return await work({ report, signal: interrupt.signal });
  } finally {
    interrupt.dispose();
  }
}
