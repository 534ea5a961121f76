// What people read of an ablation: the figures that the paper names, and the matrix.
import {
  type AblatedSpan,
  type Ablation,
  relativeChange,
  shownMetrics,
} from "../report/ablation.ts";
import { renderTable } from "./render.ts";

/** The summary, and one matrix per metric: first layers down, last layers across, relative change in percent. */
export function renderAblation(ablation: Ablation): string {
  const { method, numLayers, split, task } = ablation;
  const matrices = shownMetrics(ablation).map(
    (metric) =>
      `\n${metric}, change in percent by first layer (down) and last layer (across)\n${matrix(ablation, metric)}`,
  );
  const spans = `${ablation.spans.length} spans of ${numLayers} layers`;
  return `${task} with ${method} on ${split}: ${spans}\n\n${summary(ablation)}${matrices.join("")}\n`;
}

function summary(ablation: Ablation): string {
  const { intact, majority, numLayers, spans } = ablation;
  const names = Object.keys(intact);
  const all = spans.find(({ first, last }) => first === 0 && last === numLayers - 1)!;
  const singles = spans.filter(({ first, last }) => first === last);
  const worst = (metric: string) =>
    singles.reduce((a, b) => (b.metrics[metric] < a.metrics[metric] ? b : a));
  const row = (title: string, cell: (metric: string) => string) => [title, ...names.map(cell)];
  return renderTable(
    [
      ["", ...names],
      row("intact", (metric) => intact[metric].toFixed(4)),
      row("worst single layer", (metric) => scoreCell(ablation, worst(metric), metric)),
      row("", (metric) => `layer ${worst(metric).first}`),
      row("all layers removed", (metric) => scoreCell(ablation, all, metric)),
      row("majority class", (metric) => majority[metric]?.toFixed(4) ?? "not recorded"),
    ],
    { rightAligned: names.map((_, i) => i + 1) },
  );
}

function scoreCell(ablation: Ablation, span: AblatedSpan, metric: string): string {
  const change = relativeChange(ablation, span, metric);
  const score = span.metrics[metric].toFixed(4);
  return change === null ? score : `${toPercent(change)} %  ${score}`;
}

function matrix(ablation: Ablation, metric: string): string {
  const layers = Array.from({ length: ablation.numLayers }, (_, i) => i);
  const cells = new Map(
    ablation.spans.map((span) => {
      const change = relativeChange(ablation, span, metric);
      return [`${span.first}-${span.last}`, change === null ? "" : toPercent(change)];
    }),
  );
  const rows = layers.map((first) => [
    String(first),
    ...layers.map((last) => cells.get(`${first}-${last}`) ?? ""),
  ]);
  const rightAligned = [0, ...layers.map((layer) => layer + 1)];
  return renderTable([["", ...layers.map(String)], ...rows], { rightAligned });
}

function toPercent(share: number): string {
  const text = (100 * share).toFixed(1);
  return text === "-0.0" ? "0.0" : text;
}
