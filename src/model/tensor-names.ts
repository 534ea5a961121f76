// Which tensors of a checkpoint are the encoder's. Checkpoints wrap BERT in other modules, whose names stand before its own ("bert.",
// "module.bert.", "0.auto_model."), and old ones call LayerNorm's parameters gamma and beta. The encoder must stand under one such
// prefix, and nothing may stand there that BERT does not have: a model that has it computes something else.
import { cite } from "../cite.ts";
import { UserError } from "../errors.ts";
import { layerPrefix, type ParameterShapes } from "./shape.ts";

/** Other families whose tensors have BERT's names, and who compute something else. */
const otherFamily =
  /(?:^|\.)((?:xlm_)?roberta|camembert|electra|distilbert|albert|deberta|mpnet|ernie|nezha|roformer|megatron_bert|mobilebert)\./;

/** Integers that transformers used to save with the model, and computes itself today. */
const buffers = new Set(["embeddings.position_ids", "embeddings.token_type_ids"]);

/** The encoder's tensors in a file. */
export interface EncoderNames {
  /** Its name in the file by the parameter's; the pooler may be missing. */
  sources: ReadonlyMap<string, string>;
  /** Layers in the file. */
  numLayers: number;
}

/** Finds the tensors of `expected`. Throws UserError naming those that are missing, double or unknown. */
export function findEncoder(
  path: string,
  names: readonly string[],
  expected: ParameterShapes,
): EncoderNames {
  const found = byPrefix(path, names, expected);
  const [[prefix, sources], second] = found;
  if (second) throw twice(path, sources, second[1]);
  const [, family] = otherFamily.exec(prefix) ?? [];
  if (family !== undefined)
    throw new UserError(
      `${path}: ${cite(prefix)} before the names: expected the weights of BERT, not of ${family}`,
      { hint: supported },
    );
  const inside = names.filter((name) => name.startsWith(prefix));
  const numLayers = numLayersIn(inside.map((name) => name.slice(prefix.length)));
  const missing = [...expected.keys()].filter((name) => !sources.has(name));
  const [first, ...others] = missing.filter((name) => !name.startsWith("pooler."));
  if (first !== undefined) {
    const known = new Set(sources.values());
    const unknown = names.filter((name) => !known.has(name));
    throw new UserError(
      `${path}: ${first}: not in the file (${1 + others.length} of ${expected.size} parameters are missing)`,
      { hint: hintFor({ prefix, numFound: sources.size, numLayers, unknown }) },
    );
  }
  refuseUnknown(path, prefix, inside, expected);
  return { sources, numLayers };
}

const supported = "BERT-style encoders with absolute positions are supported (model_type bert)";

type Found = [prefix: string, sources: Map<string, string>];

/** The tensors by what stands before their names, the prefix with most of them first; one without any where there are none. */
function byPrefix(path: string, names: readonly string[], expected: ParameterShapes): Found[] {
  const found = new Map<string, Map<string, string>>();
  for (const name of names) {
    const canonical = modernName(name);
    for (let at = 0; at !== -1; at = nextPart(canonical, at)) {
      const parameter = canonical.slice(at);
      if (!expected.has(parameter)) continue;
      const prefix = canonical.slice(0, at);
      const sources = found.get(prefix) ?? new Map<string, string>();
      const other = sources.get(parameter);
      if (other !== undefined) throw double(path, other, name);
      found.set(prefix, sources.set(parameter, name));
      break;
    }
  }
  const sorted = [...found].toSorted(([, a], [, b]) => b.size - a.size);
  return sorted.length > 0 ? sorted : [["", new Map()]];
}

/** Where the next part of a dotted name begins, or -1. */
function nextPart(name: string, from: number): number {
  return name.indexOf(".", from) + 1 || -1;
}

function modernName(name: string): string {
  return name
    .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
    .replace(/LayerNorm\.beta$/, "LayerNorm.bias");
}

function twice(
  path: string,
  first: ReadonlyMap<string, string>,
  second: ReadonlyMap<string, string>,
): UserError {
  const both = [...second.keys()].find((name) => first.has(name));
  if (both !== undefined) return double(path, first.get(both)!, second.get(both)!);
  return double(path, [...first.values()][0], [...second.values()][0]);
}

function double(path: string, first: string, second: string): UserError {
  return new UserError(
    `${path}: ${cite(first)} and ${cite(second)}: expected the encoder once, all of it under one prefix`,
    { hint: "the file holds several models: save the encoder alone, as BertModel.save_pretrained does" }, // prettier-ignore
  );
}

/** Throws UserError for a tensor of the encoder that BERT does not have; layers beyond the config's are the caller's to judge. */
function refuseUnknown(
  path: string,
  prefix: string,
  inside: readonly string[],
  expected: ParameterShapes,
): void {
  for (const name of inside) {
    const own = modernName(name.slice(prefix.length));
    if (expected.has(own) || buffers.has(own) || !/^(?:embeddings|encoder)\./.test(own)) continue;
    const layer = layerOf(own);
    if (layer !== undefined && !expected.has(`${layerPrefix(layer)}.output.dense.weight`)) continue;
    throw new UserError(
      `${path}: ${name}: expected nothing in the encoder that BERT does not have`,
      {
        hint: `a model with this tensor computes something else; ${supported}`,
      },
    );
  }
}

function layerOf(name: string): number | undefined {
  const index = /^encoder\.layer\.(\d+)\./.exec(name)?.[1];
  return index === undefined ? undefined : Number(index);
}

function numLayersIn(names: readonly string[]): number {
  return new Set(names.map(layerOf).filter((layer) => layer !== undefined)).size;
}

/** What the file holds, in words. */
function hintFor({
  numFound,
  numLayers,
  prefix,
  unknown,
}: {
  prefix: string;
  numFound: number;
  numLayers: number;
  unknown: readonly string[];
}): string {
  const others = `${unknown.slice(0, 3).map(cite).join(", ")}${unknown.length > 3 ? ", …" : ""}`;
  if (numFound === 0)
    return unknown.length === 0
      ? "the file holds no tensors"
      : `none of the file's ${unknown.length} tensors is one of BERT's: ${others}`;
  const under = prefix === "" ? "without a prefix" : `under ${cite(prefix)}`;
  const rest = unknown.length === 0 ? "" : `; not known are ${others}`;
  return `the file holds ${numFound} of them ${under}, in ${numLayers} layers${rest}: config.json must be the one that came with it`;
}
