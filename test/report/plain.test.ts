// Names that are hostile to the formats in which they are shown.
import { describe, expect, test } from "vitest";
import { plain } from "../../src/report/plain.ts";
import { escapeHtml } from "../../src/report/page.ts";
import { renderMarkdownTable } from "../../src/report/markdown.ts";
import { type PlotKind, specOf } from "../../src/report/plots/plot.ts";
import { renderSvg } from "../../src/report/plots/render.ts";
import { sweptTable } from "../support/rows.ts";

test.each([
  ["a\u0000b", "a\\u0000b"],
  ["\u001b[2J", "\\u001b[2J"],
  ["\ufffe\uffff", "\\ufffe\\uffff"],
  ["\ud800 half", "\\ud800 half"],
  ["half \udc00", "half \\udc00"],
  ["\u202eright to left", "\\u202eright to left"],
  ["whole 😀, é, 日本\n\tlines", "whole 😀, é, 日本\n\tlines"],
])("%j", (text, shown) => {
  expect(plain(text)).toBe(shown);
  expect(escapeHtml(`<${text}>`)).toBe(`&lt;${shown}&gt;`);
});

test("in a Markdown table nothing ends the row", () => {
  const cell = "a|b\nc\u001b`<i>";
  const table = renderMarkdownTable({ header: ["x"], rightAligned: [], rows: [[cell]] });
  expect(table.split("\n")).toHaveLength(3);
  expect(table).toContain("a\\|b c\\\\u001b\\`\\<i\\>");
});

describe("a picture is well-formed XML", () => {
  test.each(["<b>&\"'", "\u0000\u001b\u0008", "\ufffe\ud800", "__proto__", "x".repeat(5000)])(
    "with the method %j",
    async (name) => {
      const { candidates, rows } = sweptTable(["mrpc"], [0]);
      const renamed = (all: typeof rows) => all.map((row) => ({ ...row, method: name, task: name, encoder: name })); // prettier-ignore
      const kinds: PlotKind[] = ["tradeoff", "learning"];
      for (const kind of kinds)
        expectWellFormed(
          await renderSvg(specOf({ rows: renamed(rows), candidates: renamed(candidates) }, kind)),
        );
    },
  );
});

function expectWellFormed(svg: string): void {
  expect(svg).toMatch(/^<svg [^]*<\/svg>$/);
  expect(Buffer.from(svg).toString()).toBe(svg); // no halves of surrogate pairs
  // eslint-disable-next-line no-control-regex -- what XML forbids
  expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  expect(svg.replaceAll(/&(amp|lt|gt|quot|apos|#x?[0-9a-fA-F]+);/g, "")).not.toContain("&");
}
