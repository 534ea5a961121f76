// What a tokenizer.json may not have: the native library ends the process over much of it, without an error that could be caught.
import { describe, expect, test } from "vitest";
import {
  added,
  definition,
  model,
  tokens,
  vocab,
  tokenizerFolder,
} from "../support/tiny-tokenizer.ts";

const place = tokenizerFolder();
const { idsOf, load, write } = place;

describe("a tokenizer.json is refused", () => {
  const charsmap = (...units: number[]) =>
    Buffer.from(Uint32Array.of(4 * units.length, ...units).buffer).toString("base64");
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const sequence = (id: string) => ({ Sequence: { id, type_id: 0 } });
  const template = { type: "TemplateProcessing", pair: [], special_tokens: {} };

  test.each<[string, object, string]>([
    [
      "an unknown token that is not there",
      model({ unk_token: "<unk>" }),
      'model.unk_token: "<unk>"',
    ],
    ["no unknown token", model({ unk_token: undefined }), "model.unk_token: none"],
    ["an empty vocabulary", model({ vocab: {} }), "model.unk_token"],
    ["a list for a vocabulary", model({ vocab: tokens }), "model.vocab: a list"],
    ["a negative id", model({ vocab: { ...vocab, the: -1 } }), '"the": -1: expected an id from 0'],
    ["an id of 32 bits", model({ vocab: { ...vocab, the: 4294967295 } }), '"the": 4294967295'],
    ["a broken id", model({ vocab: { ...vocab, the: 5.5 } }), '"the": 5.5'],
    ["two tokens of one id", model({ vocab: { ...vocab, the: 6 } }), "both have the id 6"],
    [
      "words without limit",
      model({ max_input_chars_per_word: 2 ** 40 }),
      "max_input_chars_per_word",
    ],
    ["a model that is not known", model({ type: "Other" }), "model.type"],
    [
      "a prefix in BPE",
      { ...model({ type: "BPE", merges: [], continuing_subword_prefix: "####" }) },
      "model.continuing_subword_prefix",
    ],
    [
      "a piece of nothing",
      model({ type: "Unigram", unk_id: 1, vocab: [["", 0], ["a", 0]] }), // prettier-ignore
      "model.vocab.0.0",
    ],
    ["no added tokens at all", { added_tokens: null }, "added_tokens"],
    [
      "an added token of another id",
      { added_tokens: [added("new", 77)] },
      '"new": id 77: expected 10',
    ],
    [
      "a pattern that never ends",
      { normalizer: { type: "Replace", pattern: { Regex: "(a+)+$" }, content: "" } },
      'normalizer.pattern: "(a+)+$"',
    ],
    [
      "such a pattern in a sequence",
      {
        pre_tokenizer: {
          type: "Sequence",
          pretokenizers: [{ type: "Split", pattern: { Regex: "a*a*b" }, behavior: "Removed" }],
        },
      },
      "pre_tokenizer.pretokenizers.0.pattern",
    ],
    ["a normalizer of no type", { normalizer: { lowercase: true } }, "normalizer.type"],
    [
      "a table of characters that is cut short",
      { normalizer: { type: "Precompiled", precompiled_charsmap: "AAAA" } },
      "normalizer.precompiled_charsmap: cut short",
    ],
    [
      "a table of characters that points anywhere",
      { normalizer: { type: "Precompiled", precompiled_charsmap: charsmap(0x7fffffff) } },
      "normalizer.precompiled_charsmap: unit 0 points behind the trie",
    ],
    [
      "a table of characters with broken texts",
      {
        normalizer: {
          type: "Precompiled",
          precompiled_charsmap: Buffer.of(4, 0, 0, 0, 0, 0, 0, 0, 255).toString("base64"),
        },
      },
      "normalizer.precompiled_charsmap: texts that are not UTF-8",
    ],
    [
      "a frame with ids of no token",
      { post_processor: { type: "BertProcessing", sep: ["[SEP]", 4294967295], cls: ["[CLS]", 2] } },
      'post_processor: "[SEP]": id 4294967295: expected 3',
    ],
    [
      "a frame of tokens without ids",
      { post_processor: { ...template, single: [special("x"), sequence("A"), special("x")] } },
      "post_processor: texts as x:0 A:0 x:0 with a special token that has no id",
    ],
    [
      "a frame of the wrong text",
      { post_processor: { ...template, single: [sequence("B")] } },
      "post_processor: texts as B:0: expected [CLS] A [SEP]",
    ],
    [
      "another version",
      { version: "9.0" },
      "not a tokenizer definition: Unknown tokenizer version",
    ],
  ])("with %s", (_, changes, message) => {
    write("tokenizer.json", { ...definition, ...changes });
    expect(() => load()).toThrow(message);
  });

  test("where it is nested too deep or cut short", () => {
    let normalizer: object = { type: "Lowercase" };
    for (let i = 0; i < 300; i++) normalizer = { type: "Sequence", normalizers: [normalizer] };
    write("tokenizer.json", { ...definition, normalizer });
    expect(() => load()).toThrow("nested more than");
    write("tokenizer.json", JSON.stringify(definition).slice(0, 700));
    expect(() => load()).toThrow("tokenizer.json:1:701");
  });
});

test("patterns that always end are read", async () => {
  const pattern = { Regex: " {2,}" };
  write("tokenizer.json", {
    ...definition,
    normalizer: { type: "Replace", pattern, content: " film " },
  });
  expect(await idsOf("the  a")).toEqual([2, 5, 6, 8, 3]);
});
