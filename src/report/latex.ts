// The tables as LaTeX for papers: booktabs rules, no other package.
import { plain } from "./plain.ts";
import { type Content, legend, paperSheet, type Sheet, tradeoffSheets } from "./sheets.ts";

const symbols: Record<string, string> = {
  "\\": String.raw`\textbackslash{}`,
  "~": String.raw`\textasciitilde{}`,
  "^": String.raw`\textasciicircum{}`,
  "<": String.raw`\textless{}`,
  ">": String.raw`\textgreater{}`,
  "±": String.raw`$\pm$`,
  "−": "$-$",
  Δ: String.raw`$\Delta$`,
};

/** One `table` environment per table; needs `\usepackage{booktabs}`. */
export function renderLatex(content: Content): string {
  const paper = paperSheet({ rows: content.chosen });
  const sheets = [...tradeoffSheets(content), ...(paper ? [paper] : [])];
  const remarks = [...legend, ...content.selection, ...content.notes, ...content.problems];
  return `${[
    String.raw`% needs \usepackage{booktabs}`,
    // A line break inside a remark would end the comment.
    ...remarks.map((remark) => `% ${plain(remark).replaceAll(/\s+/g, " ")}`),
    ...sheets.map(environment),
  ].join("\n")}\n`;
}

function environment({ header, rightAligned, rows, title }: Sheet): string {
  const alignment = header.map((_, i) => (rightAligned.includes(i) ? "r" : "l")).join("");
  const line = (cells: readonly string[]) => String.raw`    ${cells.map(escape).join(" & ")} \\`;
  return [
    "",
    String.raw`\begin{table}`,
    String.raw`  \caption{${escape(title)}}`,
    String.raw`  \begin{tabular}{${alignment}}`,
    String.raw`    \toprule`,
    line(header),
    String.raw`    \midrule`,
    ...rows.map(line),
    String.raw`    \bottomrule`,
    String.raw`  \end{tabular}`,
    String.raw`\end{table}`,
  ].join("\n");
}

function escape(text: string): string {
  return plain(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\~^<>±−Δ]|[%$#&_{}]/g, (character) => symbols[character] ?? `\\${character}`);
}
