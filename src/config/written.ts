// Labels as a YAML file writes them. YAML reads `0.0`, `1e3`, `007`, `true` and `null` as other than text, and gives back 0, 1000
// and 7; the data files have the very letters. So labels are text here, whatever they look like.
import {
  type Document,
  isMap,
  isScalar,
  type Node,
  Pair,
  Scalar,
  visit,
  YAMLMap,
  YAMLSeq,
} from "yaml";

const LABEL_KEYS = ["labels", "leaveOut"];

/** Whether labels stand under the key. */
export function isLabelKey(key: string): boolean {
  return LABEL_KEYS.includes(key);
}

/** Makes text of all labels of a document. */
export function keepLabels(document: Document): void {
  visit(document, {
    Pair: (_, pair) => {
      if (!isScalar(pair.key) || !isLabelKey(String(pair.key.value).split(".").at(-1) ?? ""))
        return;
      pair.value = asLabels(pair.value as Node | null);
      return visit.SKIP;
    },
  });
}

/**
 * The labels at a node as text; a map of classes as a list of them, for a map of JavaScript puts keys such as 1 and 0 in an order of
 * its own.
 */
export function asLabels(node: Node | null): Node | null {
  if (node === null) return null;
  visit(node, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value !== "string" && scalar.source) scalar.value = scalar.source;
    },
  });
  return isMap(node) ? listOfClasses(node) : node;
}

/** `{yes: [Y, Yes]}` as `[{name: yes, from: [Y, Yes]}]`, each part with its place in the text. */
function listOfClasses(map: YAMLMap): YAMLSeq {
  const list = new YAMLSeq();
  list.range = map.range ?? null;
  for (const { key, value } of map.items) {
    const item = new YAMLMap();
    item.range = isScalar(key) ? (key.range ?? null) : null;
    item.items.push(new Pair(keyAt("name", key), key), new Pair(keyAt("from", key), value));
    list.items.push(item);
  }
  return list;
}

function keyAt(name: string, place: unknown): Scalar {
  const key = new Scalar(name);
  key.range = isScalar(place) ? (place.range ?? null) : null;
  return key;
}
