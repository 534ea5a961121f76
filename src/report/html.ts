// The report as one page that needs nothing else: tables, pictures and the chosen settings, readable without a network.
import { UserError } from "../errors.ts";
import { groupBy } from "./group.ts";
import { escapeHtml, figure, renderPage } from "./page.ts";
import { type PlotInput, type PlotKind, specOf } from "./plots/plot.ts";
import { renderSvg } from "./plots/render.ts";
import { placeOf } from "./plots/style.ts";
import type { Row } from "./row.ts";
import { legend, paperSheet, type Sheet, tradeoffSheets } from "./sheets.ts";
import { sortScript } from "./sort-script.ts";

/** What the page shows. */
export interface HtmlInput extends PlotInput {
  /** Remarks on how to read the table, each a sentence. */
  notes: string[];
  /** What could not be read or used, each a sentence. */
  problems: string[];
  /** How each row's settings were chosen, each a sentence. */
  selection: string[];
}

interface Section {
  id: string;
  title: string;
  html: string;
}

/** One self-contained HTML page. */
export async function renderHtml(input: HtmlInput): Promise<string> {
  const sections = [
    ...(await acrossTasks(input)),
    ...(await taskSections(input)),
    ...paperSection(input),
    ...list("chosen", "Chosen settings", input.selection),
    ...list("notes", "Notes", input.notes),
  ];
  const links = sections.map(
    ({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`,
  );
  const body = [
    `<header><h1>${escapeHtml(titleOf(input.rows))}</h1>`,
    `<p class="lead">${escapeHtml(leadOf(input.rows))}</p></header>`,
    problems(input.problems),
    links.length > 1 ? `<nav aria-label="Contents"><ul>${links.join("")}</ul></nav>` : "",
    "<main>",
    ...sections.map(
      ({ id, title, html }) =>
        `<section id="${id}">\n<h2>${escapeHtml(title)}</h2>\n${html}\n</section>`,
    ),
    "</main>",
  ];
  return renderPage({ title: titleOf(input.rows), body: body.join("\n"), script: sortScript });
}

function titleOf(rows: readonly Row[]): string {
  const tasks = [...new Set(rows.map(({ task }) => task))];
  return tasks.length === 0 ? "Fine-tuning report" : `Fine-tuning report: ${tasks.join(", ")}`;
}

function leadOf(rows: readonly Row[]): string {
  if (rows.length === 0) return "No runs.";
  const sum = (count: (row: Row) => number) => rows.reduce((total, row) => total + count(row), 0);
  const encoders = [...new Set(rows.map(({ encoder }) => encoder))];
  const ended = (["diverged", "failed", "unfinished"] as const)
    .map((ending) => ({ ending, count: sum((row) => row[ending]) }))
    .filter(({ count }) => count > 0)
    .map(({ ending, count }) => `, ${count} ${ending}`);
  return `${rows.length} rows from ${sum(({ ok }) => ok)} finished runs${ended.join("")}; encoder ${encoders.join(", ")}.`;
}

/** The trade-off across tasks, where there are several. */
async function acrossTasks(input: HtmlInput): Promise<Section[]> {
  const perEncoder = groupBy(input.rows, ({ encoder }) => encoder).values();
  const several = [...perEncoder].filter((rows) => new Set(rows.map(placeOf)).size > 1).flat();
  if (several.length === 0) return [];
  const html = await picture({ ...input, rows: several }, "tradeoff", "across");
  return [{ id: "across", title: "Across tasks", html }];
}

/** The table and the pictures of each task and encoder. */
async function taskSections({ rows, candidates }: HtmlInput): Promise<Section[]> {
  const sheets = tradeoffSheets({ rows, chosen: rows });
  const groups = [...groupBy(rows, placeOf)];
  const sections: Section[] = [];
  // One after the other: pictures are drawn on one thread, and their ids are counted.
  for (const [i, [place, members]] of groups.entries()) {
    const own = { rows: members, candidates: candidates.filter((row) => placeOf(row) === place) };
    const id = `task${i + 1}`;
    const holes = members.map(({ score }) => score.mean === null);
    const parts = [
      renderTable(sheets[i], { holes }),
      `<p class="legend">${escapeHtml(legend.join(" "))}</p>`,
      await picture(own, "tradeoff", `${id}-tradeoff`),
      own.candidates.length > members.length ? await picture(own, "heat", `${id}-heat`) : "",
      await picture(own, "learning", `${id}-learning`),
    ];
    sections.push({ id, title: sheets[i].title, html: parts.join("\n") });
  }
  return sections;
}

/** The picture, or in its place why there is none. */
async function picture(input: PlotInput, kind: PlotKind, id: string): Promise<string> {
  try {
    return figure(await renderSvg(specOf(input, kind)), id);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `<p class="legend">No picture: ${escapeHtml(error.message)}.</p>`;
  }
}

function paperSection({ rows }: HtmlInput): Section[] {
  const sheet = paperSheet({ rows });
  return sheet
    ? [{ id: "paper", title: sheet.title, html: renderTable(sheet, { wraps: true }) }]
    : [];
}

/** A sortable table; rows that are holes stand out. `wraps` where its texts may run over several lines. */
function renderTable(
  { header, rows, rightAligned }: Sheet,
  { holes = [], wraps = false }: { holes?: readonly boolean[]; wraps?: boolean },
): string {
  const attribute = (i: number) => (rightAligned.includes(i) ? ' class="number"' : "");
  const heads = header.map(
    (name, i) =>
      `<th scope="col"${attribute(i)}><button type="button">${escapeHtml(name)}</button></th>`,
  );
  const lines = rows.map((cells, r) => {
    const texts = cells.map((cell, i) => `<td${attribute(i)}>${escapeHtml(cell)}</td>`);
    return `<tr${holes[r] ? ' class="hole"' : ""}>${texts.join("")}</tr>`;
  });
  return `<div class="scroll" tabindex="0"><table${wraps ? ' class="wraps"' : ""}>
<thead><tr>${heads.join("")}</tr></thead>
<tbody>
${lines.join("\n")}
</tbody></table></div>`;
}

function list(id: string, title: string, sentences: readonly string[]): Section[] {
  if (sentences.length === 0) return [];
  return [{ id, title, html: `<ul>${items(sentences)}</ul>` }];
}

function problems(sentences: readonly string[]): string {
  if (sentences.length === 0) return "";
  return `<aside class="problems"><h2>Not read</h2><ul>${items(sentences)}</ul></aside>`;
}

function items(sentences: readonly string[]): string {
  return sentences.map((sentence) => `<li>${escapeHtml(sentence)}</li>`).join("");
}
