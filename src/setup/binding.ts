// Compiles tfjs-node's binding to libtensorflow: its sources and JavaScript from npm, the headers of N-API from npm, those of
// TensorFlow from its wheel. npm's own way (node-gyp, an installer that downloads libtensorflow of 2022) is not taken.
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TFJS_HANDOVER, tfjsVersion } from "../engine/tensorflow.ts";
import { makeFolder } from "../files.ts";
import { checkDigest } from "./digests.ts";
import { runTool } from "./tools.ts";

const NODE_API_HEADERS = "1.9.0";
const NODE_API_VERSION = 8; // the newest that tfjs-node 4.22.0 names
const GOOGLE_PROTOBUF = "3.21.4"; // tfjs-node asks for ^3.9.2

/** Where the linker, and later the loader, finds libtensorflow. */
export interface Libraries {
  /** The folder "tensorflow" of an unpacked or installed wheel. */
  folder: string;
  /** How the binding finds it: absolute, or starting with $ORIGIN, the folder the binding is in. */
  runPath: string;
}

/** Fills `folder` with tfjs-node's JavaScript and what it requires. */
export async function fetchBinding(folder: string, signal?: AbortSignal): Promise<void> {
  const modules = join(folder, "node_modules");
  await fetchPackage(`@tensorflow/tfjs-node-gpu@${tfjsVersion}`, modules, signal);
  await fetchPackage(`google-protobuf@${GOOGLE_PROTOBUF}`, modules, signal);
  await fetchPackage(`node-api-headers@${NODE_API_HEADERS}`, modules, signal);
  for (const name of ["tfjs", "tfjs-core"]) writeHandover(join(modules, "@tensorflow", name));
}

async function fetchPackage(spec: string, modules: string, signal?: AbortSignal): Promise<void> {
  const name = spec.slice(0, spec.lastIndexOf("@"));
  const options = { cwd: modules, signal };
  makeFolder(join(modules, name, ".."));
  const packed = await runTool("npm", ["pack", "--silent", "--ignore-scripts", spec], options);
  const archive = packed.trim().split("\n").at(-1) ?? "";
  await checkDigest(spec, join(modules, archive));
  await runTool("tar", ["xzf", archive, "--no-same-owner"], options);
  renameSync(join(modules, "package"), join(modules, name));
  rmSync(join(modules, archive));
}

/** There must be one TensorFlow.js in a process: whoever loads the binding leaves its own where this finds it. */
function writeHandover(folder: string): void {
  makeFolder(folder);
  writeFileSync(
    join(folder, "index.js"),
    `module.exports = globalThis[Symbol.for("${TFJS_HANDOVER}")];\n`,
  );
}

/**
 * Loads libtensorflow while stderr leads nowhere: its initialisers print two lines before any log level is read.
 */
const quietSource = `
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

__attribute__((constructor)) static void load(void) {
  const int saved = dup(2), nowhere = open("/dev/null", O_WRONLY);
  if (saved >= 0 && nowhere >= 0) {
    dup2(nowhere, 2);
    dlopen("libtensorflow_cc.so.2", RTLD_NOW);  // a failure is told when the binding is loaded
    dup2(saved, 2);
  }
  if (saved >= 0) close(saved);
  if (nowhere >= 0) close(nowhere);
}

void *napi_register_module_v1(void *env, void *exports) { return exports; }
`;

/** Compiles `tfjs_binding.node` and `quiet.node` into `folder`, which fetchBinding has filled. */
export async function compileBinding(
  folder: string,
  libraries: Libraries,
  signal?: AbortSignal,
): Promise<void> {
  const modules = join(folder, "node_modules");
  const sources = join(modules, "@tensorflow/tfjs-node-gpu");
  const common = ["-O2", "-fPIC", "-shared", `-Wl,-rpath,${libraries.runPath}`];
  const includes = [
    join(modules, "node-api-headers/include"),
    join(libraries.folder, "include"),
    sources,
  ];
  const names = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
  await runTool(
    "c++",
    [
      "-std=c++17",
      ...common,
      `-DNAPI_VERSION=${NODE_API_VERSION}`,
      ...includes.flatMap((path) => ["-I", path]),
      ...["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(sources, "binding", name)),
      `-L${libraries.folder}`,
      ...names.map((name) => `-l:${name}`),
      "-o",
      join(folder, "tfjs_binding.node"),
    ],
    { signal },
  );
  const source = join(folder, "quiet.c");
  writeFileSync(source, quietSource);
  await runTool("c++", ["-x", "c", source, ...common, "-ldl", "-o", join(folder, "quiet.node")], { signal }); // prettier-ignore
  for (const path of [source, join(modules, "node-api-headers")])
    rmSync(path, { recursive: true, force: true });
}
