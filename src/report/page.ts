// The frame of an HTML page that needs nothing but itself: styles, the font of its pictures and its script are in the file, and
// a content policy keeps it from loading anything else, whatever a task's or a variant's name may contain.
import { readFile } from "node:fs/promises";
import { plain } from "./plain.ts";
import { fontPath } from "./plots/render.ts";

/** A whole document. `body` is HTML; `title` and `script` are plain text. */
export async function renderPage({
  title,
  body,
  script = "",
}: {
  title: string;
  body: string;
  script?: string;
}): Promise<string> {
  const font = (await readFile(fontPath("woff2"))).toString("base64");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src data:">
<title>${escapeHtml(title)}</title>
<!-- Roboto, Copyright Google, Apache License 2.0 -->
<style>
@font-face { font-family: Roboto; src: url(data:font/woff2;base64,${font}) format("woff2"); }
${styles}</style>
</head>
<body>
${body}
${script === "" ? "" : `<script>\n${script}</script>\n`}</body>
</html>
`;
}

/** Text as it may stand between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return plain(text).replaceAll(/[&<>"']/g, (character) => entities[character]);
}

/** Pixels below which a picture does not shrink on a small screen, but scrolls. */
const MIN_WIDTH = 576;

/** A picture as part of a page. `id` tells its clip paths and gradients from those of the page's other pictures. */
export function figure(svg: string, id: string): string {
  const own = svg
    .replaceAll(/ id="([^"]+)"/g, ` id="${id}-$1"`)
    .replaceAll(/url\(#([^)]+)\)/g, `url(#${id}-$1)`);
  const width = Math.min(MIN_WIDTH, Number(/ width="(\d+)"/.exec(svg)?.[1] ?? MIN_WIDTH));
  return `<figure tabindex="0" style="--min: ${width}px">${own}</figure>`;
}

const styles = `
:root { color-scheme: light dark; --ink: #1f2328; --soft: #57606a; --line: #d8dee4; --paper: #ffffff; --shade: #f6f8fa; --warn: #9a3412; --link: #0550ae; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9ea7b3; --line: #363d47; --paper: #14181d; --shade: #1d232a; --warn: #fdba74; --link: #79b8ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 80rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; font-weight: 600; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 .75rem; font-weight: 600; }
p.lead, p.legend { color: var(--soft); margin: .25rem 0 1rem; max-width: 60rem; }
p.legend { font-size: .875rem; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
a { color: var(--link); }
.scroll, figure { overflow-x: auto; }
.scroll:focus-visible, figure:focus-visible, button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .8125rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .3rem .55rem; border-bottom: 1px solid var(--line); text-align: left; }
th { font-weight: 600; border-bottom-width: 2px; }
.number { text-align: right; }
.wraps td:not(.number) { white-space: normal; overflow-wrap: normal; }
tbody tr:hover { background: var(--shade); }
tr.hole td { color: var(--warn); }
th button { all: unset; cursor: pointer; position: relative; }
th button::after { position: absolute; left: 100%; }
th[aria-sort="ascending"] button::after { content: "\\2191"; }
th[aria-sort="descending"] button::after { content: "\\2193"; }
figure { margin: 1.5rem 0; background: #ffffff; border: 1px solid var(--line); border-radius: 6px; }
figure svg { display: block; max-width: 100%; min-width: var(--min); height: auto; margin: 0 auto; }
li { max-width: 60rem; }
.problems { border-left: 4px solid var(--warn); background: var(--shade); padding: .75rem 1rem; }
.problems h2 { margin: 0 0 .25rem; font-size: 1rem; }
.problems ul { margin: 0; padding-left: 1.25rem; }
details { margin: 1rem 0; }
summary { cursor: pointer; color: var(--link); }
@media print {
  :root { --ink: #000; --soft: #333; --line: #bbb; --paper: #fff; --shade: #fff; --warn: #000; --link: #000; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; }
  figure { border: none; }
  figure svg { min-width: 0; }
  .scroll, figure { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding: .2rem .35rem; }
}
`;
