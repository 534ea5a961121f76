// TensorFlow that is on this machine already, as a Python package: found without importing it.
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { pathExists, readText } from "../files.ts";
import { runTool } from "./tools.ts";

/** A TensorFlow folder: libraries, headers and build information of an installed wheel. */
export interface TensorflowPackage {
  folder: string;
  isCudaBuild: boolean;
}

const findScript = `
import importlib.util, sys
sys.path.pop(0)
spec = importlib.util.find_spec("tensorflow")
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else "")
`;

/** The TensorFlow that python3 would import; undefined if there is none that has what we need. */
export async function findInstalled(signal?: AbortSignal): Promise<TensorflowPackage | undefined> {
  const folder = (await runTool("python3", ["-c", findScript], { signal, cwd: tmpdir() })).trim();
  return folder !== "" && missingFiles(folder).length === 0 ? describePackage(folder) : undefined;
}

/** The package in a folder that the user has named: "tensorflow" itself, or the site-packages it is in. */
export function openPackage(given: string): TensorflowPackage {
  const folder = [resolve(given, "tensorflow"), resolve(given)].find(
    (path) => missingFiles(path).length === 0,
  );
  if (folder !== undefined) return describePackage(folder);
  throw new UserError(`--from ${given}: expected a wheel, or the folder of an installed TensorFlow, with ${missingFiles(given)[0]} in it`, {
    hint: "python3 -c \"import importlib.util as u; print(u.find_spec('tensorflow').origin)\" tells where it is",
  }); // prettier-ignore
}

const requiredFiles = [
  "libtensorflow_cc.so.2",
  "libtensorflow_framework.so.2",
  "include/tensorflow/c/eager/c_api.h",
];

function missingFiles(folder: string): string[] {
  return requiredFiles.filter((name) => !pathExists(join(folder, name)));
}

function describePackage(folder: string): TensorflowPackage {
  const path = join(folder, "python", "platform", "build_info.py");
  const isCudaBuild = pathExists(path) && /'is_cuda_build', True/.test(readText(path));
  return { folder, isCudaBuild };
}
