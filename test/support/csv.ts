// Reads CSV back (RFC 4180), independently of what wrote it.

/** The records by the names in the header. */
export function parseCsv(text: string): Record<string, string>[] {
  const [header, ...lines] = parseLines(text);
  return lines.map((cells) => {
    if (cells.length !== header.length)
      throw new Error(`${cells.length} cells, expected ${header.length}`);
    return Object.fromEntries(header.map((name, i) => [name, cells[i]]));
  });
}

function parseLines(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  // A cell is quoted, its quotes doubled, or has no comma, quote or line break; then comes a comma or the line's end.
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    lines.push(cells);
    cells = [];
  }
  return lines;
}
