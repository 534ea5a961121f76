// Python wheels as a source of native libraries: downloaded by pip, of which only the files we need are unpacked. No Python
// package is installed or imported.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { makeFolder } from "../files.ts";
import { missingTool, runTool } from "./tools.ts";

/** Wheels for this Python are asked for whatever Python runs pip: the libraries in them do not depend on it. */
const PYTHON_VERSION = "3.12";
const PLATFORMS = ["manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014"];

/** Downloads the wheels of requirements such as "tensorflow-cpu==2.21.0" into `folder`; gives their paths. */
export async function downloadWheels(
  requirements: readonly string[],
  folder: string,
  { signal, dependencies }: { signal: AbortSignal | undefined; dependencies: boolean },
): Promise<string[]> {
  makeFolder(folder);
  await requirePip(folder, signal);
  const before = new Set(readdirSync(folder));
  const target = ["--only-binary=:all:", "--implementation", "cp", "--python-version", PYTHON_VERSION]; // prettier-ignore
  const platforms = PLATFORMS.flatMap((name) => ["--platform", `${name}_x86_64`]);
  const quiet = ["--quiet", "--disable-pip-version-check", "--progress-bar", "off"];
  const extra = dependencies ? [] : ["--no-deps"];
  await runTool(
    "python3",
    ["-m", "pip", "download", ...quiet, ...extra, ...target, ...platforms, "--dest", folder, ...requirements], // prettier-ignore
    { signal, cwd: folder },
  );
  return readdirSync(folder)
    .filter((name) => name.endsWith(".whl") && !before.has(name))
    .map((name) => join(folder, name));
}

/** Python takes modules from the folder it is started in before its own: never the user's. */
async function requirePip(cwd: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await runTool("python3", ["-m", "pip", "--version"], { signal, cwd });
  } catch (error) {
    if (error instanceof UserError && error.message.includes("No module named pip"))
      throw missingTool("pip");
    throw error;
  }
}

const unpackScript = `
import os, re, sys, zipfile
folder, pattern, *wheels = sys.argv[1:]
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if not re.match(pattern, member.filename) or member.is_dir():
                continue
            path = archive.extract(member, folder)
            os.chmod(path, 0o755 if member.external_attr >> 16 & 0o111 else 0o644)
`;

/** Unpacks the files of wheels whose names within them match `pattern` from the start. */
export async function unpackWheels(
  wheels: readonly string[],
  folder: string,
  pattern: RegExp,
  signal?: AbortSignal,
): Promise<void> {
  makeFolder(folder);
  await runTool("python3", ["-I", "-c", unpackScript, folder, pattern.source, ...wheels], {
    signal,
  });
}

const metadataScript = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
    sys.stdout.buffer.write(archive.read(name))
`;

/** What a wheel requires for some of its extras, such as "nvidia-cufft~=12.0". */
export async function requirementsOf(
  wheel: string,
  extras: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const metadata = await runTool("python3", ["-I", "-c", metadataScript, wheel], { signal });
  return requirementsIn(metadata, extras);
}

/** The same from the text of METADATA. */
export function requirementsIn(metadata: string, extras: readonly string[]): string[] {
  const lines = metadata.matchAll(
    /^Requires-Dist: *([^;\r\n]+?) *; *extra == ["']([^"']+)["'] *\r?$/gm,
  );
  return [...lines].filter(([, , extra]) => extras.includes(extra)).map(([, name]) => name);
}
