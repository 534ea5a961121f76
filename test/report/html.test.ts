// The report's page as text: complete, self-contained and escaped. html-browser.test.ts opens it.
import { describe, expect, test } from "vitest";
import { renderHtml } from "../../src/report/html.ts";
import { escapeHtml, figure } from "../../src/report/page.ts";
import { tabulate } from "../../src/report/rows.ts";
import { divergedResult, failedResult, runsOf } from "../support/records.ts";
import { learningRateGrid, sweep, sweptTable } from "../support/rows.ts";

const table = tabulate(
  runsOf([
    ...sweep(["mrpc", "rte"]),
    ...learningRateGrid(),
    divergedResult({ method: { name: "houlsby", size: 512 } }),
    failedResult({ method: { name: "houlsby", size: 513 } }),
  ]),
);
const problems = ["runs/x/result.json: is empty: expected the JSON that peft train writes"];
const page = await renderHtml({ ...table, problems });

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

describe("the page", () => {
  test("has a row of its tables for every row, and marks the holes", () => {
    expect(count(page, /<tr>|<tr class="hole">/g)).toBeGreaterThanOrEqual(table.rows.length);
    expect(count(page, /<tr class="hole">/g)).toBe(2);
    expect(page).toContain("1 of 1 diverged");
    expect(page).toContain("1 of 1 failed");
  });

  test("has the pictures: across tasks, and per task the curve, the heat map and the learning curves", () => {
    expect(count(page, /<svg /g)).toBe(1 + 3 + 2);
  });

  test("has how settings were chosen, the paper's rows, and what could not be read", () => {
    expect(table.selection.length).toBeGreaterThan(0);
    for (const sentence of [...table.selection, ...problems])
      expect(page).toContain(escapeHtml(sentence));
    expect(page).toContain("Beside Houlsby et al. 2019");
  });

  test("gives no id twice", () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("loads nothing", () => {
    const withoutNamespaces = page.replaceAll(/ xmlns(:xlink)?="[^"]*"/g, "");
    expect(withoutNamespaces).not.toMatch(/https?:|<link|<img|<iframe|@import|src="/);
    expect(withoutNamespaces).not.toMatch(/url\((?!data:|#)/);
  });

  test("is the same every time", async () => {
    expect(await renderHtml({ ...table, problems })).toBe(page);
  });

  test("escapes what comes from configs and folders", async () => {
    const evil = `"><script>alert(1)</script>'&`;
    const rows = sweptTable(["mrpc"]).rows.map((row) => ({ ...row, encoder: evil, variant: evil }));
    const sentences = [`${evil}: a sentence`];
    const hostile = await renderHtml({
      rows,
      candidates: rows,
      notes: sentences,
      problems: sentences,
      selection: sentences,
    });
    expect(hostile).not.toContain("<script>alert");
    expect(hostile).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });
});

test("no runs make a page that says so", async () => {
  const empty = await renderHtml({ rows: [], candidates: [], notes: [], problems, selection: [] });
  expect(empty).toContain("No runs.");
  expect(empty).toContain(escapeHtml(problems[0]));
});

test("runs that all failed make a page without pictures", async () => {
  const failed = await renderHtml({ ...tabulate(runsOf([failedResult()])), problems: [] });
  expect(failed).toContain("No picture: trade-off curve: no row has a score");
  expect(failed).not.toContain("<svg ");
});

test("pictures on one page do not share ids", () => {
  const svg = '<svg width="100"><clipPath id="clip0"/><g clip-path="url(#clip0)"/></svg>';
  expect(figure(svg, "a")).toContain('<clipPath id="a-clip0"/><g clip-path="url(#a-clip0)"/>');
});

test("escaping", () => {
  expect(escapeHtml(`a<b>&"c"'d'`)).toBe("a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;");
});
