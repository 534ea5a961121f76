// The report as GitHub-flavoured Markdown, its columns aligned so that it also reads as plain text.
import { plain } from "./plain.ts";
import { type Content, legend, paperSheet, type Sheet, tradeoffSheets } from "./sheets.ts";

/** Tables, the paper beside ours, how settings were chosen, and what to know. */
export function renderMarkdown(content: Content): string {
  const paper = paperSheet({ rows: content.chosen });
  const parts = [
    ...tradeoffSheets(content).map(section),
    legend.join(" "),
    ...(paper ? [section(paper)] : []),
    ...list("Chosen settings", content.selection),
    ...list("Notes", content.notes),
    ...list("Not read", content.problems),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** A table under its heading. */
function section(sheet: Sheet): string {
  return `## ${escape(sheet.title)}\n\n${renderMarkdownTable(sheet)}`;
}

/** A table alone, without a line break at its end. */
export function renderMarkdownTable({ header, rightAligned, rows }: Omit<Sheet, "title">): string {
  const lines = [header, ...rows].map((cells) => cells.map(escape));
  const widths = header.map((_, i) => Math.max(3, ...lines.map((cells) => cells[i].length)));
  const pad = (cell: string, i: number) =>
    rightAligned.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]);
  const rule = widths.map((width, i) =>
    rightAligned.includes(i) ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  const [first, ...rest] = lines.map((cells) => cells.map(pad));
  return [first, rule, ...rest].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function list(title: string, sentences: readonly string[]): string[] {
  if (sentences.length === 0) return [];
  return [`## ${title}\n\n${sentences.map((sentence) => `- ${escape(sentence)}`).join("\n")}`];
}

/** Text from folders and config files must not become markup. */
function escape(text: string): string {
  return plain(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\|<>*_`[\]]/g, String.raw`\$&`);
}
