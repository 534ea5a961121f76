// The YAML text of an experiment: its plain value and where in the text each part of it stands.
import {
  type Document,
  type ErrorCode,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import { cite } from "../cite.ts";
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

const MAX_DEPTH = 50; // levels; an experiment has four

/** What the parser says in terms of its own interface. */
const inOurWords: Partial<Record<ErrorCode, string>> = {
  MULTIPLE_DOCS: "a second document begins: expected one experiment per file",
};

const tooDeep = `nested more than ${MAX_DEPTH} levels deep: expected fewer`;

/**
 * Reads YAML 1.2 of plain data: one document, no duplicate keys, no aliases, no tags of other programs. `holdsLabels` says whether
 * the text is labels as a whole.
 */
export function parseSource(text: string, { holdsLabels = false } = {}): Source {
  const lines = new LineCounter();
  // The parser's own search for keys given twice is quadratic.
  const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false };
  const document: Document = parseDocument(text, options);
  const positionOf = (offset: number): Position => lines.linePos(offset);
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    position: positionOf(error.pos[0]),
    text: error.message.includes("call stack")
      ? tooDeep
      : (inOurWords[error.code] ?? error.message),
  }));
  for (const { offset, text: problem } of refused(document))
    problems.push({ position: positionOf(offset), text: problem });
  if (problems.length === 0) {
    if (holdsLabels) document.contents = asLabels(document.contents);
    else keepLabels(document);
  }
  return {
    value: problems.length > 0 ? undefined : document.toJS(),
    problems: firstOfEachLine(problems),
    locate: (path, part) => positionOf(offsetOf(document.contents, path, part)),
  };
}

/** What the parser reads and an experiment has no use for. */
function refused(document: Document): { offset: number; text: string }[] {
  const problems: { offset: number; text: string }[] = [];
  const add = (node: unknown, text: string) =>
    problems.push({ offset: (isNode(node) ? node.range?.[0] : undefined) ?? 0, text });
  visit(document, {
    Alias: (_, node) => {
      add(node, `*${node.source}: aliases are not read here: expected the value itself`);
    },
    Collection: (_, node, parents) => {
      if (parents.filter((parent) => !isPair(parent)).length > MAX_DEPTH) {
        add(node, tooDeep);
        return visit.BREAK;
      }
      if (!isMap(node)) return undefined;
      const known = new Set<string>();
      for (const { key } of node.items) {
        const name = isScalar(key) ? String(key.value) : "";
        if (!isScalar(key)) add(key, "a key that is a list or a map: expected a word");
        else if (known.has(name)) add(key, `${cite(name)} is given twice: expected once`);
        known.add(name);
      }
      return undefined;
    },
  });
  return problems;
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
