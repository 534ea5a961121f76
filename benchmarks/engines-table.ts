// What engines.ts has measured, as Markdown that can also be read as it is.
import type { Hardware } from "../src/hardware/hardware.ts";
import type { Comparison, Failed, Measured } from "./compare.ts";
import { type Absent, REFERENCE } from "./lineup.ts";

export interface EnginesReport {
  date: string;
  minutes: number;
  machine: Pick<Hardware, "cpu" | "graphics"> & { node: string; torch: string | null };
  absent: readonly Absent[];
  comparisons: readonly Comparison[];
}

export function renderTables({
  absent,
  comparisons,
  date,
  machine,
  minutes,
}: EnginesReport): string {
  const { cpu, graphics, node, torch } = machine;
  const { metal, nvidia, vulkan } = graphics;
  const gpus = [nvidia, metal, vulkan].flatMap((seen) =>
    seen?.status === "devices" ? seen.devices.map(({ name }) => name) : [],
  );
  const parts = [
    `${cpu.model}, ${cpu.usableCores} cores`,
    ...new Set(gpus),
    `Node ${node}`,
    ...(torch === null ? [] : [`PyTorch ${torch}`]),
  ];
  const blocks = [
    `${date}, ${parts.join(", ")}; ${minutes.toFixed(0)} minutes`,
    ...comparisons.map((comparison) => `${describe(comparison)}\n\n${renderRows(comparison.rows)}`),
  ];
  if (absent.length > 0)
    blocks.push(
      table(
        ["not measured", "why"],
        absent.map(({ reason, title }) => [title, reason]),
      ),
    );
  return blocks.join("\n\n");
}

function describe({ order, place, setting }: Comparison): string {
  const { adapterSize, batch, dropout, length, shape } = setting;
  return `${shape} ${batch}x${length}, m=${adapterSize}, dropout ${dropout}, on the ${place}, ${order}`;
}

const columns = [
  "contender",
  "step, ms (range)",
  "tokens/s",
  `of ${REFERENCE} (best of best)`,
  "host peak",
  "GPU peak (tensors)",
  "products at",
  "share",
];

function renderRows(rows: readonly (Measured | Failed)[]): string {
  return table(
    columns,
    rows.map((row) =>
      "reason" in row ? [row.title, `failed: ${row.reason.slice(0, 300)}`] : renderRow(row),
    ),
  );
}

function renderRow(row: Measured): string[] {
  const allocated = row.allocatedBytes === null ? "" : ` (${mebibytes(row.allocatedBytes)})`;
  return [
    row.title,
    `${digits(row.medianMs)} (${digits(row.minMs)}–${digits(row.maxMs)})`,
    `${Math.round(row.tokensPerSecond)}`,
    row.ratio === null ? "" : `${row.ratio.toFixed(2)} (${row.bestRatio?.toFixed(2)})`,
    mebibytes(row.peakRssBytes),
    row.deviceBytes === null ? "" : `${mebibytes(row.deviceBytes)}${allocated}`,
    rate(row.matmulFlopsPerSecond),
    `${Math.round(100 * row.share)} %`,
  ];
}

function digits(ms: number): string {
  return ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function rate(flopsPerSecond: number): string {
  const giga = flopsPerSecond / 1e9;
  return giga < 1000
    ? `${giga.toFixed(giga < 10 ? 1 : 0)} GFLOP/s`
    : `${(flopsPerSecond / 1e12).toFixed(1)} TFLOP/s`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const full = [head, ...rows].map((row) =>
    head.map((_, i) => (row[i] ?? "").replaceAll("|", "/")),
  );
  const widths = head.map((_, i) => Math.max(...full.map((row) => row[i].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  const [first, ...rest] = full.map(line);
  return [first, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rest].join("\n");
}
