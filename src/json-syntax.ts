// Where a text stops being JSON. Only for texts that JSON.parse has refused: its messages often leave the place out. Reference:
// RFC 8259.

const BLANKS = /[ \t\n\r]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** What follows what; "after" is after a value, which depends on what the value is in. */
const grammar: Record<string, Record<string, string>> = {
  value: { "{": "key or }", "[": "value or ]", string: "after", scalar: "after" },
  "value or ]": {
    "{": "key or }",
    "[": "value or ]",
    "]": "after",
    string: "after",
    scalar: "after",
  },
  "key or }": { string: "colon", "}": "after" },
  key: { string: "colon" },
  colon: { ":": "value" },
  "comma or }": { ",": "key", "}": "after" },
  "comma or ]": { ",": "value", "]": "after" },
  "nothing more": {},
};

/** The first place after which no JSON text goes on like this one, and what would be right there. */
export function findSyntaxError(text: string): { position: number; expected: string } {
  const open: string[] = []; // what follows a value in each bracket that is not closed yet
  let position = matchEnd(BLANKS, text, 0);
  let expected = "value";
  while (position < text.length) {
    const { end, kind } = readToken(text, position);
    if (kind === "open string" && "string" in grammar[expected])
      return { position: end, expected: "the rest of the string" };
    const next = grammar[expected][kind];
    if (next === undefined) break;
    if (kind === "{") open.push("comma or }");
    if (kind === "[") open.push("comma or ]");
    if (kind === "}" || kind === "]") open.pop();
    expected = next === "after" ? (open.at(-1) ?? "nothing more") : next;
    position = matchEnd(BLANKS, text, end);
  }
  return { position, expected };
}

function readToken(text: string, position: number): { kind: string; end: number } {
  const letter = text[position];
  if (letter === '"') {
    const end = stringEnd(text, position + 1);
    return text[end] === '"' ? { kind: "string", end: end + 1 } : { kind: "open string", end };
  }
  const end = matchEnd(SCALAR, text, position);
  return end > position ? { kind: "scalar", end } : { kind: letter, end: position + 1 };
}

/**
 * Where a string's letters end: at its closing quote, at what must not stand in one, or at the end of the text. A loop, because one
 * pattern for the whole string overflows the stack where it is some megabytes long.
 */
function stringEnd(text: string, begin: number): number {
  let position = begin;
  while (position < text.length && text[position] !== '"' && text[position] >= " ") {
    const next = text[position] === "\\" ? matchEnd(ESCAPE, text, position) : position + 1;
    if (next === position) break;
    position = next;
  }
  return position;
}

/** Where the match of a sticky pattern at `position` ends; `position` if there is none. */
function matchEnd(pattern: RegExp, text: string, position: number): number {
  pattern.lastIndex = position;
  return pattern.test(text) ? pattern.lastIndex : position;
}
