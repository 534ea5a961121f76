import { defineConfig } from "vitest/config";

// Native addons (ONNX Runtime, tokenizers) break in worker threads, hence forked processes.
// A busy machine takes many times as long as a quiet one, and hooks train as tests do.
const common = { pool: "forks", testTimeout: 60_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["**/*.{slow,gpu}.test.ts"],
        },
      },
      {
        test: {
          ...common,
          name: "slow",
          include: ["test/**/*.slow.test.ts"],
          fileParallelism: false,
          testTimeout: 900_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          ...common,
          name: "gpu",
          include: ["test/**/*.gpu.test.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
