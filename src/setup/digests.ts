// What `peft setup` downloads by an exact version, with the SHA-256 that the registries publish of it: a registry, a mirror or a proxy that
// hands out another file is found out before anything of it is unpacked. What these wheels require of NVIDIA comes in a range of
// versions, which pip checks against the hashes of its index.
import { basename } from "node:path";
import { invariant, UserError } from "../errors.ts";
import { sha256File } from "../files.ts";

const digests = new Map([
  ["tensorflow-cpu==2.21.0", "dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb"],
  ["tensorflow==2.21.0", "b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0"],
  ["onnxruntime-gpu==1.30.0", "6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1"],
  [
    "@tensorflow/tfjs-node-gpu@4.22.0",
    "afd5599ee1662e732c00a0ad1f52a3d001bdc118a1f44bd592a0a0ebf2daa4c7",
  ],
  ["google-protobuf@3.21.4", "38299bb1802ce06900ea2e43650aded8393cd6a00012ed97ffc716eeab1e1091"],
  ["node-api-headers@1.9.0", "6cbfac49542194ae2c8f1dee5fa2dc00d66bec9cbf3b59e3a4e5f16d14eb0d19"],
]);

/** Throws UserError if the file is not the one that was published as `spec`, such as "tensorflow==2.21.0". */
export async function checkDigest(spec: string, path: string): Promise<void> {
  const expected = digests.get(spec);
  invariant(expected !== undefined, `no digest of ${spec}`);
  const actual = await sha256File(path);
  if (actual === expected) return;
  throw new UserError(`${spec}: SHA-256 ${actual}: expected ${expected}`, {
    hint: `${basename(path)} is not the published file: see which registry or proxy pip and npm are told to use; nothing was changed`,
  });
}

/** Whether the file of `spec` can be checked. */
export function hasDigest(spec: string): boolean {
  return digests.has(spec);
}
