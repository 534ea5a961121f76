// The one definition of a folder's tokenizer: tokenizer.json, or vocab.txt, with what the small files beside it change, as
// transformers 5 resolves them. Differs from it in two ways: a setting that no file names changes nothing, where transformers
// falls back on lower case; and what would silently give other ids than the files say is refused.
import { join } from "node:path";
import { z } from "zod";
import { cite } from "../cite.ts";
import { UserError } from "../errors.ts";
import { pathExists, readText } from "../files.ts";
import { checkJson, parseJson } from "../json.ts";
import { addTokens } from "./added-tokens.ts";
import { checkComponents, RawDefinition, vocabularyOf } from "./components.ts";
import { bertFrame, type Frame, readFrame } from "./frame.ts";
import { readSettings, type TokenizerSettings } from "./settings.ts";
import { bertDefinition, bertNames, bertNormalizer } from "./vocab.ts";

/** Everything that decides which ids a text becomes. */
export interface TokenizerDefinition {
  /** The file to be named in messages: tokenizer.json or vocab.txt. */
  file: string;
  /** A tokenizer.json for the native library. It is the file itself where nothing changes it. */
  json: string;
  frame: Frame;
  /** Id -> token, added ones included. */
  tokens: ReadonlyMap<number, string>;
  /** One more than the highest id in the vocabulary itself, to which tokens may have been added. */
  vocabSize: number;
  /** The id of what is not in the vocabulary. */
  unknown: number;
  truncationSide: "left" | "right";
}

interface Source {
  file: string;
  raw: RawDefinition;
  settings: TokenizerSettings;
}

/** Reads all files that define the folder's tokenizer. Throws UserError where they do not give a tokenizer for BERT. */
export function readDefinition(folder: string): TokenizerDefinition {
  const file = join(folder, "tokenizer.json");
  if (pathExists(file)) {
    const text = readText(file, hint);
    const raw = checkJson(file, parseJson({ path: file }, text, hint), RawDefinition, hint);
    return resolve({ file, raw, settings: readSettings(folder, {}) }, text);
  }
  const vocab = join(folder, "vocab.txt");
  if (pathExists(vocab)) {
    const raw = bertDefinition(readText(vocab, hint));
    return resolve({ file: vocab, raw, settings: readSettings(folder, bertNames) });
  }
  throw new UserError(`${folder}: no tokenizer: expected tokenizer.json or vocab.txt`, {
    hint: "both are part of a Hugging Face checkpoint; copy one of them next to config.json",
  });
}

const hint = "the file may be cut short or be no tokenizer at all; download the checkpoint again";

function resolve(source: Source, text?: string): TokenizerDefinition {
  const { file, raw, settings } = source;
  const model = modelOf(source);
  const vocabulary = vocabularyOf(file, model);
  checkNames(source, vocabulary);
  const added = addTokens(file, raw.added_tokens, vocabulary, settings);
  const ids = new Map(vocabulary);
  for (const { content, id } of added.tokens) ids.set(content, id);
  const changes = {
    ...(model !== raw.model && { model }),
    ...(added.isChanged && { added_tokens: added.tokens }),
    ...normalizerOf(source),
    ...framingOf(source, ids),
    ...truncationOf(source),
  };
  const definition = { ...raw, ...changes };
  checkComponents(file, definition);
  const isUnchanged = text !== undefined && Object.keys(changes).length === 0;
  return {
    file,
    json: isUnchanged ? text : JSON.stringify(definition),
    frame: frameOf(file, definition.post_processor, ids),
    tokens: new Map([...ids].map(([token, id]) => [id, token])),
    vocabSize: sizeOf(vocabulary.values()),
    unknown: unknownId(file, model, vocabulary),
    truncationSide: sideOf(definition),
  };
}

function sizeOf(ids: Iterable<number>): number {
  let size = 0;
  for (const id of ids) size = Math.max(size, id + 1);
  return size;
}

/** The model with the unknown token that the settings name. */
function modelOf({ raw: { model }, settings: { isBert, names } }: Source): RawDefinition["model"] {
  const isOther = isBert && names.unk !== undefined && model.unk_token !== names.unk;
  return isOther && model.type !== "Unigram" ? { ...model, unk_token: names.unk } : model;
}

/** A vocab.txt is all that such a folder has, so that the tokens around a text have to be in it. */
function checkNames({ file, settings }: Source, vocabulary: ReadonlyMap<string, number>): void {
  if (!file.endsWith("vocab.txt")) return;
  const { cls, sep, unk } = settings.names;
  const missing = [unk!, cls!, sep!].filter((token) => !vocabulary.has(token));
  if (missing.length === 0) return;
  throw new UserError(`${file}: no ${missing.join(", ")}: expected a BERT vocabulary`, {
    hint: "a vocabulary has one token per line, and these special tokens among them; tokenizer_config.json may give them other names",
  });
}

/** What the settings change in the normalizer; one that is not BERT's is replaced, as in BertTokenizer. */
function normalizerOf({ raw, settings }: Source) {
  const current = BertNormalizer.safeParse(raw.normalizer);
  const { isBert, normalizer: named } = settings;
  const keys = Object.keys(named) as (keyof typeof named)[];
  if (!isBert || keys.length === 0) return {};
  const normalizer = current.success ? current.data : bertNormalizer;
  if (current.success && keys.every((key) => current.data[key] === named[key])) return {};
  return { normalizer: { ...normalizer, ...named } };
}

const BertNormalizer = z.looseObject({
  type: z.literal("BertNormalizer"),
  lowercase: z.unknown().optional(),
  strip_accents: z.unknown().optional(),
  handle_chinese_chars: z.unknown().optional(),
});

/** [CLS] and [SEP] around texts, where the definition adds none or the settings give them other names. */
function framingOf({ file, raw, settings }: Source, ids: ReadonlyMap<string, number>) {
  const current = raw.post_processor ? readFrame(raw.post_processor) : undefined;
  if (typeof current === "string" || (current && !settings.isBert)) return {};
  const cls = settings.names.cls ?? current?.clsToken ?? bertNames.cls;
  const sep = settings.names.sep ?? current?.sepToken ?? bertNames.sep;
  if (current?.clsToken === cls && current.sepToken === sep) return {};
  const [clsId, sepId] = [ids.get(cls), ids.get(sep)];
  if (clsId !== undefined && sepId !== undefined)
    return { post_processor: bertFrame([cls, clsId], [sep, sepId]) };
  throw new UserError(
    `${file}: post_processor: ${current ? "other tokens than the settings name" : "none"}: expected [CLS] A [SEP]`,
    {
      hint: `encoders read texts between special tokens, and ${cite(clsId === undefined ? cls : sep)} is not in the vocabulary: name those that are in tokenizer_config.json, as cls_token and sep_token`,
    },
  );
}

/** The frame that is there in the end. Throws UserError unless single texts are `[CLS] A [SEP]` with tokens of the vocabulary. */
function frameOf(file: string, processor: unknown, ids: ReadonlyMap<string, number>): Frame {
  const frame = readFrame(processor);
  if (typeof frame === "string")
    throw new UserError(`${file}: post_processor: texts as ${frame}: expected [CLS] A [SEP]`, {
      hint: "expected the tokenizer of a BERT-style encoder; download the checkpoint again",
    });
  const tokens = [[frame.clsToken, frame.cls], [frame.sepToken, frame.sep]] as const; // prettier-ignore
  for (const [token, id] of tokens)
    if (ids.get(token) !== id)
      throw new UserError(
        `${file}: post_processor: ${cite(token)}: id ${id}: expected ${ids.get(token) ?? "a token of the vocabulary"}`,
        { hint: "the file is damaged or was edited by hand; download the checkpoint again" },
      );
  return frame;
}

/** Without one, whatever is not in the vocabulary would be dropped, or end the work half-way. */
function unknownId(
  file: string,
  { type, unk_id: unkId, unk_token: unkToken }: RawDefinition["model"],
  vocabulary: ReadonlyMap<string, number>,
): number {
  const isUnigram = type === "Unigram";
  const id = isUnigram ? unkId : vocabulary.get(unkToken ?? "");
  if (typeof id === "number" && [...vocabulary.values()].includes(id)) return id;
  const [key, value] = isUnigram ? ["unk_id", unkId] : ["unk_token", unkToken && cite(unkToken)];
  throw new UserError(
    `${file}: model.${key}: ${value ?? "none"}: expected a token of the vocabulary`,
    {
      hint: "words that are not in the vocabulary become this token; download the checkpoint again",
    },
  );
}

function truncationOf({ raw, settings: { truncationSide } }: Source) {
  if (truncationSide === undefined || truncationSide === sideOf(raw)) return {};
  const direction = truncationSide === "left" ? "Left" : "Right";
  const standard = { max_length: 512, strategy: "LongestFirst", stride: 0 };
  return { truncation: { ...standard, ...raw.truncation, direction } };
}

function sideOf({ truncation }: Pick<RawDefinition, "truncation">): "left" | "right" {
  return truncation?.direction === "Left" ? "left" : "right";
}
