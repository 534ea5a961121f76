// What setup downloads is what was published, or an error.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onnxruntimeVersion } from "../../src/engine/cuda-provider.ts";
import { tfjsVersion } from "../../src/engine/tensorflow.ts";
import { checkDigest, hasDigest } from "../../src/setup/digests.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

test.each([`onnxruntime-gpu==${onnxruntimeVersion()}`, `@tensorflow/tfjs-node-gpu@${tfjsVersion}`])(
  "%s, which goes with the installed package, can be checked",
  (spec) => expect(hasDigest(spec)).toBe(true),
);

test("another file is refused", async () => {
  const path = join(temporaryFolder(), "google-protobuf-3.21.4.tgz");
  writeFileSync(path, "something else");
  await expect(checkDigest("google-protobuf@3.21.4", path)).rejects.toMatchObject({
    name: "UserError",
    message:
      "google-protobuf@3.21.4: SHA-256 f41f3fa625ff120ddca7ef456bf66371ecea23c129f4e4c32367101edb516cf8: expected 38299bb1802ce06900ea2e43650aded8393cd6a00012ed97ffc716eeab1e1091",
  });
});
