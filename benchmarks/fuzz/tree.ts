// JSON that is wrong in ways in which files are: values of other types, numbers out of range, keys renamed, missing and given twice,
// nesting without end. A tree can hold what JavaScript's objects cannot, such as a key twice.
import type { Draw } from "./draw.ts";
import { numbers, texts } from "./values.ts";

/** A value as it is written. */
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

class Mapping {
  entries: [key: string, value: Node][];
  constructor(entries: [string, Node][]) {
    this.entries = entries;
  }
}

type Node = string | number | boolean | null | undefined | Raw | Node[] | Mapping;

/** A place in the tree: `get` and `set` its value, and what holds it. */
interface Slot {
  get(): Node;
  set(value: Node): void;
  parent: Node[] | Mapping | undefined;
  at: number;
}

const MAX_SLOTS = 2000;

/** The value, of which `times` parts are changed, as text that may be JSON no more. */
export function mutateValue(draw: Draw, value: unknown, times: number): string {
  const root: Node[] = [toNode(value)];
  for (let i = 0; i < times; i++) mutateSlot(draw, draw.pick(slotsOf(root)), root);
  return toText(root[0]);
}

function toNode(value: unknown): Node {
  if (Array.isArray(value)) return value.map(toNode);
  if (typeof value !== "object" || value === null) return value as Node;
  return new Mapping(Object.entries(value).map(([key, inner]) => [key, toNode(inner)]));
}

function toText(node: Node): string {
  if (node instanceof Raw) return node.text;
  if (Array.isArray(node)) return `[${node.map(toText).join(", ")}]`;
  if (node instanceof Mapping)
    return `{${node.entries.map(([key, value]) => `${JSON.stringify(key)}: ${toText(value)}`).join(", ")}}`;
  return JSON.stringify(node) ?? "null";
}

/** A tree of its own, for it may go where it came from. */
function copyOf(node: Node): Node {
  if (Array.isArray(node)) return node.map(copyOf);
  if (!(node instanceof Mapping)) return node;
  return new Mapping(node.entries.map(([key, value]) => [key, copyOf(value)]));
}

function slotsOf(root: Node[]): Slot[] {
  const slots: Slot[] = [];
  const visit = (parent: Node[] | Mapping) => {
    const length = Array.isArray(parent) ? parent.length : parent.entries.length;
    for (let at = 0; at < length && slots.length < MAX_SLOTS; at++) {
      const slot: Slot = Array.isArray(parent)
        ? { parent, at, get: () => parent[at], set: (value) => (parent[at] = value) }
        : {
            parent,
            at,
            get: () => parent.entries[at][1],
            set: (value) => (parent.entries[at][1] = value),
          };
      if (parent === root) delete (slot as Partial<Slot>).parent;
      slots.push(slot);
      const value = slot.get();
      if (Array.isArray(value) || value instanceof Mapping) visit(value);
    }
  };
  visit(root);
  return slots;
}

function mutateSlot(draw: Draw, slot: Slot, root: Node[]): void {
  const value = slot.get();
  const changes: (() => void)[] = [
    () => slot.set(anything(draw)),
    () => slot.set(anything(draw)),
    () => remove(slot),
    () => repeat(draw, slot),
    () => slot.set(draw.once(2) ? [value] : new Mapping([[draw.pick(texts), value]])),
    () => slot.set(copyOf(draw.pick(slotsOf(root)).get())),
  ];
  const { parent } = slot;
  if (parent instanceof Mapping) {
    const entry = parent.entries[slot.at];
    changes.push(
      () => (entry[0] = draw.pick(texts)),
      () => (entry[0] = draw.pick(parent.entries)[0]),
      () => (entry[0] = tweakText(draw, entry[0])),
    );
  }
  if (typeof value === "number") {
    const tweaks = [value + 1, value - 1, -value, value / 3, value * 10, value * 1e6, value + 0.5];
    for (let i = 0; i < 4; i++) changes.push(() => slot.set(draw.pick(tweaks)));
  }
  if (typeof value === "string") changes.push(() => slot.set(tweakText(draw, value)));
  draw.pick(changes)();
}

function anything(draw: Draw): Node {
  switch (draw.below(8)) {
    case 0:
    case 1:
      return draw.pick(texts);
    case 2:
    case 3:
      return new Raw(draw.pick(numbers));
    case 4:
      return draw.pick([null, true, false]);
    case 5:
      return draw.pick([() => [], () => new Mapping([]), () => [null], () => [[], [0]]])();
    case 6:
      return draw.once(4) ? deep(draw) : draw.below(1000) - 500;
    default:
      return Array.from({ length: draw.pick([1, 3, 500]) }, () => draw.pick([0, -1, "x", null]));
  }
}

function deep(draw: Draw): Raw {
  const depth = draw.pick([20, 150, 250, 3000, 20_000]);
  const [open, close] = draw.pick([
    ["[", "]"],
    ['{"a":', "}"],
  ]);
  return new Raw(`${open.repeat(depth)}0${close.repeat(depth)}`);
}

function remove({ at, parent }: Slot): void {
  if (Array.isArray(parent)) parent.splice(at, 1);
  else parent?.entries.splice(at, 1);
}

/** The item, or the key, once or many times more. */
function repeat(draw: Draw, slot: Slot): void {
  const { at, parent } = slot;
  const times = draw.pick([1, 1, 1, 200]);
  if (Array.isArray(parent)) {
    const items = Array.from({ length: times }, () => copyOf(slot.get()));
    parent.splice(at, 0, ...items);
  } else
    parent?.entries.push([
      parent.entries[at][0],
      draw.once(2) ? copyOf(slot.get()) : anything(draw),
    ]);
}

/** The text with a part more, less or other. */
export function tweakText(draw: Draw, text: string): string {
  const at = draw.below(text.length + 1);
  const end = at + 1 + draw.below(4);
  switch (draw.below(5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(end);
    case 2:
      return text.slice(0, end) + text.slice(at);
    case 3:
      return text.toUpperCase() === text ? text.toLowerCase() : text.toUpperCase();
    default:
      return text.slice(0, at) + draw.pick(texts) + text.slice(at);
  }
}
