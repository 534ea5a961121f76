// What the small files beside a tokenizer say: tokenizer_config.json, special_tokens_map.json, added_tokens.json and the
// tokenizer_class of config.json. Reference: PreTrainedTokenizerBase._from_pretrained of transformers 5.
import { join } from "node:path";
import { z } from "zod";
import { cite } from "../cite.ts";
import { UserError } from "../errors.ts";
import { pathExists } from "../files.ts";
import { readJsonFile } from "../json.ts";

/** A token that is found in a text before anything else is done to it, as tokenizer.json writes it. */
export interface AddedToken {
  content: string;
  special: boolean;
  normalized: boolean;
  lstrip: boolean;
  rstrip: boolean;
  single_word: boolean;
  /** The id that a file gives it; the tokenizer itself gives it that of the vocabulary, or the next free one. */
  id?: number;
}

/** What BERT's special tokens are for. */
export type TokenRole = "unk" | "sep" | "pad" | "cls" | "mask";

/** The settings in the names of tokenizer.json. Those that no file names are not there. */
export interface TokenizerSettings {
  /** Whether transformers builds the tokenizer of such a folder as BERT's own, instead of as tokenizer.json says. */
  isBert: boolean;
  normalizer: {
    lowercase?: boolean;
    strip_accents?: boolean | null;
    handle_chinese_chars?: boolean;
  };
  names: Partial<Record<TokenRole, string>>;
  /** The tokens that come with an id. */
  added: readonly AddedToken[];
  /** Whether they are those of added_tokens_decoder, which BERT's own classes read instead of what tokenizer.json adds. */
  replacesAdded: boolean;
  /** The special tokens that a file names, in the order in which new ones get their ids. */
  special: readonly AddedToken[];
  /** The file that gives `added`. */
  addedFile: string;
  /** Which end of a text that is too long is cut off. */
  truncationSide?: "left" | "right";
}

// The classes that transformers 5 implements as BertTokenizer, and the last two, which its earlier versions did.
const bertClasses = new Set(
  [
    "Bert", "ConvBert", "DistilBert", "DPRContextEncoder", "DPRQuestionEncoder", "DPRReader", "Electra", "LayoutLM", "Lxmert",
    "MobileBert", "SqueezeBert", "RetriBert", "Nezha",
  ].map((name) => `${name}Tokenizer`),
); // prettier-ignore

/** Classes without "Fast" in their name of which tokenizer.json says everything. */
const fileClasses = new Set(["TokenizersBackend", "PreTrainedTokenizer", "XLMRobertaTokenizer"]);

const roles: readonly TokenRole[] = ["unk", "sep", "pad", "cls", "mask"];
const namedFirst = ["bos_token", "eos_token", ...roles.map((role) => `${role}_token`)];

const flag = z.boolean().default(false);

const TokenObject = z
  .object({
    content: z.string().min(1, "expected a token of at least one character"),
    lstrip: flag,
    rstrip: flag,
    single_word: flag,
    special: z.boolean().optional(),
    normalized: z.boolean().optional(),
  })
  .transform(({ normalized, special = false, ...token }) => ({
    ...token,
    special,
    normalized: normalized ?? !special,
  }));

const NamedToken = z
  .union([z.string().min(1).transform(specialToken), TokenObject], {
    error: "expected a token: a text, or an object with its content",
  })
  .transform((token): AddedToken => ({ ...token, special: true }));

const ExtraTokens = z.union([z.array(NamedToken), z.record(z.string(), NamedToken)], {
  error: "expected a list of tokens",
});

const boolean = z.boolean({ error: "expected true or false" });

const TokenFields = z.object({
  unk_token: NamedToken.nullish(),
  sep_token: NamedToken.nullish(),
  pad_token: NamedToken.nullish(),
  cls_token: NamedToken.nullish(),
  mask_token: NamedToken.nullish(),
  bos_token: NamedToken.nullish(),
  eos_token: NamedToken.nullish(),
  additional_special_tokens: ExtraTokens.nullish(),
  extra_special_tokens: ExtraTokens.nullish(),
});

const TokensMap = TokenFields.loose();

const Config = TokenFields.extend({
  tokenizer_class: z.string({ error: "expected the name of a class" }).nullish(),
  do_lower_case: boolean.optional(),
  strip_accents: boolean.nullable().optional(),
  tokenize_chinese_chars: boolean.optional(),
  split_special_tokens: boolean.nullish(),
  truncation_side: z.enum(["left", "right"]).nullish(),
  added_tokens_decoder: z
    .record(z.string().regex(/^\d{1,10}$/, "expected ids as keys"), TokenObject)
    .optional(),
}).loose();

type Tokens = z.infer<typeof TokensMap>;
type Config = z.infer<typeof Config>;

const AddedIds = z.record(z.string().min(1), z.int().min(0));

const EncoderConfig = z.looseObject({ tokenizer_class: z.string().nullish() });

const hint = "download the checkpoint again, or correct the file by hand";

/**
 * Reads the small files; special tokens that none of them names are called as in `defaults`. Throws UserError for a value of the
 * wrong kind, and for a tokenizer that is not built here.
 */
export function readSettings(
  folder: string,
  defaults: TokenizerSettings["names"],
): TokenizerSettings {
  const file = join(folder, "tokenizer_config.json");
  const config = readIfThere(file, Config) ?? {};
  if (config.split_special_tokens === true)
    throw new UserError(`${file}: split_special_tokens: true: expected false`, {
      hint: "special tokens in texts are read as such here; remove the line if that is right for your texts",
    });
  const decoder = config.added_tokens_decoder;
  const tokens = withDefaults(decoder ? config : mergeMap(folder, config), defaults);
  const special = specialTokens(tokens);
  return {
    isBert: checkClass(folder, file, config),
    normalizer: normalizerOf(config),
    names: namesOf(tokens),
    added: decoder ? decoderTokens(decoder) : readAddedTokens(folder, special),
    replacesAdded: decoder !== undefined,
    special,
    addedFile: decoder ? `${file}: added_tokens_decoder` : join(folder, "added_tokens.json"),
    ...(config.truncation_side && { truncationSide: config.truncation_side }),
  };
}

/** A special token that has nothing but its text. */
function specialToken(content: string): AddedToken {
  const place = { single_word: false, lstrip: false, rstrip: false };
  return { content, special: true, normalized: false, ...place };
}

function readIfThere<Schema extends z.ZodType>(path: string, schema: Schema) {
  return pathExists(path) ? readJsonFile(path, schema, hint) : undefined;
}

/** Whether the class is BERT's own; no class is. Throws UserError for one that neither BERT's code nor tokenizer.json defines. */
function checkClass(folder: string, configFile: string, { tokenizer_class: own }: Config): boolean {
  const encoderFile = join(folder, "config.json");
  const place = own ? configFile : encoderFile;
  const name = own || readIfThere(encoderFile, EncoderConfig)?.tokenizer_class;
  if (!name || bertClasses.has(name.replace(/Fast$/, ""))) return true;
  const isOfFile = name.endsWith("Fast") || fileClasses.has(name);
  if (isOfFile && pathExists(join(folder, "tokenizer.json"))) return false;
  throw new UserError(`${place}: tokenizer_class: ${cite(name)}: expected BertTokenizer`, {
    hint: isOfFile
      ? "such a tokenizer is defined by a tokenizer.json: copy it next to config.json"
      : "this class cuts texts in a way that is not implemented: take an encoder with a WordPiece tokenizer",
  });
}

/** The config with what special_tokens_map.json says, which counts where both name a token. */
function mergeMap(folder: string, config: Config): Tokens {
  const map = readIfThere(join(folder, "special_tokens_map.json"), TokensMap);
  if (!map) return config;
  const { additional_special_tokens: fromConfig, ...tokens } = config;
  const extra = listOf(config.extra_special_tokens ?? fromConfig);
  const more = listOf(map.extra_special_tokens);
  const known = new Set(extra.map(({ content }) => content));
  const all = [...extra, ...more.filter(({ content }) => !known.has(content))];
  return { ...tokens, ...map, ...(all.length > 0 && { extra_special_tokens: all }) };
}

function withDefaults(tokens: Tokens, defaults: TokenizerSettings["names"]): Tokens {
  const missing = roles.filter((role) => !tokens[`${role}_token`] && defaults[role] !== undefined);
  const named = missing.map((role) => [`${role}_token`, specialToken(defaults[role]!)] as const);
  return { ...tokens, ...Object.fromEntries(named) };
}

function listOf(tokens: z.infer<typeof ExtraTokens> | null | undefined): AddedToken[] {
  return Array.isArray(tokens) ? tokens : Object.values(tokens ?? {});
}

/** The tokens with a role come first, then those with a name of their own (`..._token`), then the rest. */
function specialTokens(tokens: Tokens): AddedToken[] {
  const others = Object.keys(tokens).filter(
    (key) => key.endsWith("_token") && !namedFirst.includes(key),
  );
  const named = [...namedFirst, ...others].flatMap((key) => {
    const { data } = NamedToken.safeParse(tokens[key]);
    return data ? [data] : [];
  });
  const extra = listOf(tokens.extra_special_tokens);
  return [...named, ...(extra.length > 0 ? extra : listOf(tokens.additional_special_tokens))];
}

function namesOf(tokens: Tokens): TokenizerSettings["names"] {
  const named = roles.flatMap((role) => {
    const content = tokens[`${role}_token`]?.content;
    return content === undefined ? [] : [[role, content]];
  });
  return Object.fromEntries(named);
}

function normalizerOf(config: Config): TokenizerSettings["normalizer"] {
  const { do_lower_case, strip_accents, tokenize_chinese_chars } = config;
  return {
    ...(do_lower_case !== undefined && { lowercase: do_lower_case }),
    ...(strip_accents !== undefined && { strip_accents }),
    ...(tokenize_chinese_chars !== undefined && { handle_chinese_chars: tokenize_chinese_chars }),
  };
}

function decoderTokens(decoder: NonNullable<Config["added_tokens_decoder"]>): AddedToken[] {
  return Object.entries(decoder).map(([id, token]) => ({ ...token, id: Number(id) }));
}

/** The tokens of added_tokens.json; only those that are special stay as they are when the text is put into lower case. */
function readAddedTokens(folder: string, special: readonly AddedToken[]): AddedToken[] {
  const ids = readIfThere(join(folder, "added_tokens.json"), AddedIds) ?? {};
  const names = new Set(special.map(({ content }) => content));
  return Object.entries(ids).map(([content, id]) => {
    const isSpecial = names.has(content);
    return { ...specialToken(content), special: isSpecial, normalized: !isSpecial, id };
  });
}
