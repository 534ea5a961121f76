// The YAML text of an experiment: its plain value and where in the text each part of it stands.
import {
  type Document,
  type ErrorCode,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from "yaml";
import type { Path } from "./path.ts";
import { asLabels, keepLabels } from "./written.ts";

/** A place in a config file; lines and columns count from 1. */
export interface Position {
  line: number;
  col: number;
}

/** One thing wrong with the text itself. */
export interface SyntaxProblem {
  position: Position;
  text: string;
}

/** Parsed YAML. `value` means something only where `problems` is empty. */
export interface Source {
  value: unknown;
  problems: SyntaxProblem[];
  /** Where the value (or the key) at `path` stands, items of lists by index; for a path that is not there, its nearest parent's key. */
  locate(path: Path, part: "key" | "value"): Position;
}

/** What the parser says in terms of its own interface. */
const inOurWords: Partial<Record<ErrorCode, string>> = {
  MULTIPLE_DOCS: "a second document begins: expected one experiment per file",
};

/**
 * Reads YAML 1.2 of plain data: one document, no duplicate keys, no aliases, no tags of other programs. `holdsLabels` says whether
 * the text is labels as a whole.
 */
export function parseSource(text: string, { holdsLabels = false } = {}): Source {
  const lines = new LineCounter();
  // The parser's own search for duplicate keys compares every key with every other.
  const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false };
  const document: Document = parseDocument(text, options);
  const positionOf = (offset: number): Position => lines.linePos(offset);
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    position: positionOf(error.pos[0]),
    text: inOurWords[error.code] ?? error.message,
  }));
  visit(document, {
    Alias: (_, { source, range }) => {
      problems.push({
        position: positionOf(range?.[0] ?? 0),
        text: `*${source}: aliases are not read here: expected the value itself`,
      });
    },
    Map: (_, { items }) => {
      for (const key of repeatedKeys(items))
        problems.push({
          position: positionOf(key.range?.[0] ?? 0),
          text: "the key is given twice: expected once",
        });
    },
  });
  if (holdsLabels) document.contents = asLabels(document.contents);
  else keepLabels(document);
  return {
    value: problems.length > 0 ? undefined : document.toJS(),
    problems: firstOfEachLine(problems),
    locate: (path, part) => positionOf(offsetOf(document.contents, path, part)),
  };
}

function repeatedKeys(items: readonly Pair[]): Node[] {
  const seen = new Set<unknown>();
  return items.flatMap(({ key }) => {
    if (!isScalar(key) || seen.size !== seen.add(key.value).size) return [];
    return [key];
  });
}

/** One mistake makes a parser stumble several times; what follows the first on a line is noise. */
function firstOfEachLine(problems: SyntaxProblem[]): SyntaxProblem[] {
  const sorted = problems.toSorted((a, b) => compare(a.position, b.position));
  return sorted.filter(({ position }, i) => position.line !== sorted[i - 1]?.position.line);
}

/** Orders positions as they are read. */
export function compare(a: Position, b: Position): number {
  return a.line - b.line || a.col - b.col;
}

function offsetOf(root: Node | null, path: Path, part: "key" | "value"): number {
  let node: unknown = root;
  let offset = 0;
  for (const [depth, key] of path.entries()) {
    const pair = childAt(node, key);
    if (!pair) return offset;
    node = pair.value;
    const wanted = depth === path.length - 1 && part === "value" ? pair.value : pair.key;
    offset = (isNode(wanted) ? wanted.range?.[0] : undefined) ?? offset;
  }
  return offset;
}

/** What stands in a map under a key, or in a list at an index; an item of a list is its own key. */
function childAt(node: unknown, key: string): { key: unknown; value: unknown } | undefined {
  if (isMap(node))
    return node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  const item = isSeq(node) ? node.items[Number(key)] : undefined;
  return item === undefined ? undefined : { key: item, value: item };
}
