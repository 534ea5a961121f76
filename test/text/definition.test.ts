// What decides a tokenizer's ids, of a small vocabulary: which files change the fingerprint, which settings are refused, the frame
// around texts, and what an encoder's tables must have.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../src/files.ts";
import {
  added,
  definition,
  lines,
  model,
  rows,
  vocab,
  tokenizerFolder,
} from "../support/tiny-tokenizer.ts";

const place = tokenizerFolder();
const { idsOf, load, write } = place;

describe("the fingerprint", () => {
  test("is that of a tokenizer.json that nothing changes", () => {
    const text = JSON.stringify(definition, null, 1);
    write("tokenizer.json", text);
    expect(load().fingerprint).toBe(sha256(text));
    write("tokenizer_config.json", {
      tokenizer_class: "BertTokenizer",
      do_lower_case: true,
      cls_token: "[CLS]",
      unk_token: { __type: "AddedToken", content: "[UNK]", special: true },
      model_max_length: 512,
    });
    write("special_tokens_map.json", { sep_token: "[SEP]" });
    expect(load().fingerprint).toBe(sha256(text));
  });

  test.each([
    ["tokenizer_config.json", { do_lower_case: false }],
    ["tokenizer_config.json", { additional_special_tokens: ["film"] }],
    ["tokenizer_config.json", { truncation_side: "left" }],
    ["special_tokens_map.json", { mask_token: "film" }],
    ["added_tokens.json", { film: 6 }],
  ])("changes with %s: %j", (file, content) => {
    for (const [name, base] of [
      ["vocab.txt", lines],
      ["tokenizer.json", definition],
    ] as const) {
      write(name, base);
      write(file, {});
      const before = load().fingerprint;
      write(file, content);
      expect(load().fingerprint).not.toBe(before);
    }
  });
});

describe("vocab.txt", () => {
  test.each([
    ["a byte-order mark", `\ufeff${lines}`],
    ["CRLF", lines.replaceAll("\n", "\r\n")],
    ["blanks behind tokens", lines.replaceAll("\n", " \t\n")],
    ["an empty line and no end of the last", `${lines}\nwords`],
  ])("may have %s", async (_, text) => {
    write("vocab.txt", text);
    expect(await idsOf("The films")).toEqual([2, 5, 6, 9, 3]);
  });

  test("gives a token that it has twice the later id", async () => {
    write("vocab.txt", `${lines}the\n`);
    expect(await idsOf("the film")).toEqual([2, 10, 6, 3]);
  });

  test("is refused where it is not UTF-8", () => {
    writeFileSync(join(place.path, "vocab.txt"), Buffer.from(`${lines}caf\u00e9\n`, "latin1"));
    expect(() => load()).toThrow("vocab.txt: not UTF-8");
  });

  test("is refused without the names that the config gives", () => {
    write("vocab.txt", lines);
    write("tokenizer_config.json", { unk_token: "<unk>", cls_token: "<s>" });
    expect(() => load()).toThrow("vocab.txt: no <unk>, <s>: expected a BERT vocabulary");
  });
});

describe("a setting that no file names", () => {
  test("leaves tokenizer.json as it is", async () => {
    write("tokenizer.json", {
      ...definition,
      normalizer: { ...definition.normalizer, lowercase: false },
    });
    write("tokenizer_config.json", { tokenizer_class: "BertTokenizer" });
    expect(await idsOf("The film")).toEqual([2, 1, 6, 3]);
  });
});

describe("the class", () => {
  const japanese = "BertJapaneseTokenizer";

  test.each(["tokenizer_config.json", "config.json"])("is refused in %s", (file) => {
    write(file, { tokenizer_class: japanese });
    for (const [name, base] of [
      ["vocab.txt", lines],
      ["tokenizer.json", definition],
    ] as const) {
      write(name, base);
      expect(() => load()).toThrow(
        `${file}: tokenizer_class: "${japanese}": expected BertTokenizer`,
      );
    }
  });

  test.each(["BertTokenizerFast", "DistilBertTokenizer", "ElectraTokenizerFast"])(
    "%s is BERT's",
    async (name) => {
      write("vocab.txt", lines);
      write("tokenizer_config.json", { tokenizer_class: name });
      expect(await idsOf("the films")).toEqual([2, 5, 6, 9, 3]);
    },
  );

  test("that tokenizer.json defines needs one", async () => {
    write("tokenizer_config.json", { tokenizer_class: "PreTrainedTokenizerFast" });
    write("vocab.txt", lines);
    expect(() => load()).toThrow('tokenizer_class: "PreTrainedTokenizerFast"');
    write("tokenizer.json", definition);
    expect(await idsOf("the films")).toEqual([2, 5, 6, 9, 3]);
  });
});

test.each([
  [{ do_lower_case: "yes" }, "do_lower_case: expected true or false"],
  [{ cls_token: 3 }, "cls_token: expected a token"],
  [{ cls_token: { content: "" } }, "cls_token"],
  [{ additional_special_tokens: "x" }, "additional_special_tokens: expected a list of tokens"],
  [{ added_tokens_decoder: { x: { content: "x" } } }, "added_tokens_decoder"],
  [{ added_tokens_decoder: { 7: { content: "film" } } }, '"film": id 7: expected 6'],
  [{ split_special_tokens: true }, "split_special_tokens: true: expected false"],
  [[], "the whole file: "],
])("a tokenizer_config.json of %j is refused", (config, message) => {
  write("vocab.txt", lines);
  write("tokenizer_config.json", config);
  expect(() => load()).toThrow(message);
});

describe("the frame", () => {
  test("is added where a tokenizer.json has none", async () => {
    write("tokenizer.json", { ...definition, post_processor: null });
    expect(await idsOf("the", "a")).toEqual([2, 5, 3, 8, 3]);
    write("tokenizer_config.json", { cls_token: "the" });
    expect(await idsOf("a")).toEqual([5, 8, 3]);
    write("tokenizer_config.json", { tokenizer_class: "PreTrainedTokenizerFast" });
    expect(await idsOf("a")).toEqual([2, 8, 3]);
  });

  test("is refused where its tokens are not there", () => {
    const { "[CLS]": _, ...others } = vocab;
    write("tokenizer.json", {
      ...definition,
      ...model({ vocab: others }),
      added_tokens: [],
      post_processor: null,
    });
    expect(() => load()).toThrow("post_processor: none: expected [CLS] A [SEP]");
  });

  test("of pairs is refused only for pairs", async () => {
    const { cls, sep } = definition.post_processor;
    const post_processor = { type: "RobertaProcessing", cls, sep, trim_offsets: true, add_prefix_space: false }; // prettier-ignore
    write("tokenizer.json", { ...definition, post_processor });
    expect(await idsOf("the film")).toEqual([2, 5, 6, 3]);
    await expect(idsOf("the", "film")).rejects.toThrow("expected [CLS] A [SEP] B [SEP]");
  });
});

describe("an encoder's tables", () => {
  const check = async (text: string, textPair?: string, own = rows) => {
    const tokenizer = load(own);
    const input = textPair === undefined ? { text } : { text, textPair };
    const [{ ids, typeIds }] = await tokenizer.encode([input], 64);
    const offsets = Int32Array.of(0, ids.length);
    tokenizer.check(
      { ids: Int32Array.from(ids), typeIds: Uint8Array.from(typeIds), offsets },
      () => text,
    );
    return tokenizer.notes;
  };

  test("may lack a token until a text has it", async () => {
    write("tokenizer.json", {
      ...definition,
      added_tokens: [...definition.added_tokens, added("[NEW]", 10)],
    });
    expect(await check("the film")).toEqual([
      `${place.path}: no embedding for "[NEW]": the table has 10 rows; a text that has one of them is refused`,
    ]);
    await expect(check("a [NEW] film")).rejects.toThrow(
      `the text "a [NEW] film": has the token "[NEW]", id 10: expected less than the embedding table's 10 rows in ${join(place.path, "config.json")}`,
    );
  });

  test("must have every row of the vocabulary", () => {
    write("vocab.txt", lines);
    expect(() => load({ ...rows, vocabSize: 9 })).toThrow(
      `${place.path}: a vocabulary of 10 tokens: expected at most the embedding table's 9 rows`,
    );
  });

  test("may have spare rows; of many there is a note", () => {
    write("vocab.txt", lines);
    const notesOf = (vocabSize: number) => load({ ...rows, vocabSize }).notes;
    expect(notesOf(11)).toEqual([]);
    expect(notesOf(12)).toEqual([
      `${place.path}: a tokenizer of 10 tokens for an embedding table of 12 rows: is it that of another checkpoint, or cut short?`,
    ]);
  });

  test("of one type serve single texts, not pairs", async () => {
    write("vocab.txt", lines);
    const single = { ...rows, typeVocabSize: 1 };
    expect(await check("the film", undefined, single)).toEqual([]);
    await expect(check("the", "film", single)).rejects.toThrow(
      `${join(place.path, "config.json")}: type_vocab_size: 1: expected at least 2`,
    );
  });
});
