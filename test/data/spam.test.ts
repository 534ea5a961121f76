// The split of the real corpus; it is a dependency of the package, so always there.
import { describe, expect, test } from "vitest";
import { groupNearDuplicates } from "../../src/data/near-duplicates.ts";
import { tasks } from "../../src/data/tasks.ts";

const load = (split: string, seed = 0) => tasks.spam.load(split, { dataDir: undefined, seed });

describe("the SpamAssassin corpus", () => {
  const train = load("train");
  const dev = load("dev");
  const mails = [...train.examples, ...dev.examples];

  test("is complete", () => {
    expect(mails).toHaveLength(6046);
    // 500 + 1,396 and 2,500 + 1,400 + 250: its README
    expect(mails.filter(({ label }) => label === 1)).toHaveLength(1896);
    expect(mails.filter(({ label }) => label === 0)).toHaveLength(4150);
  });

  test("is split about four to one, both classes on both sides", () => {
    expect(dev.examples.length / mails.length).toBeGreaterThan(0.17);
    expect(dev.examples.length / mails.length).toBeLessThan(0.23);
    const spamShare = dev.examples.filter(({ label }) => label === 1).length / dev.examples.length;
    expect(spamShare).toBeGreaterThan(0.25);
    expect(spamShare).toBeLessThan(0.38);
  });

  test("has no mail and no near-duplicate that it can find on both sides", () => {
    const groups = groupNearDuplicates(mails.map(({ text }) => text));
    const devStart = train.examples.length;
    expect([...groups.subarray(devStart)].filter((group) => group < devStart)).toEqual([]);
  });

  test("shows no header but the subject", () => {
    const telling = /^(received|return-path|delivered-to|x-spam-[a-z]+|list-id|message-id): .*\n/im;
    // The first lines only: people quote headers in what they write.
    const leaking = mails.filter(({ text }) =>
      telling.test(text.split("\n").slice(0, 2).join("\n")),
    );
    expect(leaking.length).toBeLessThan(mails.length / 100);
  });

  test("gives texts that are neither empty nor endless", () => {
    const lengths = mails.map(({ text }) => text.trim().length);
    expect(Math.min(...lengths)).toBeGreaterThan(0);
    expect(Math.max(...lengths)).toBeLessThan(6000);
  });

  test("depends on the seed and on nothing else", () => {
    expect(load("dev").examples).toEqual(dev.examples);
    const other = load("dev", 1).examples;
    expect(other).not.toEqual(dev.examples);
    expect(load("train", 1).examples.length + other.length).toBe(mails.length);
  });

  test("says what it has and what was read", () => {
    expect(train.notes).toEqual([
      expect.stringMatching(/^spam train: \d+ of 6046 mails, \d+ spam, \d+ ham; \d+ nearly equal/),
    ]);
    expect(train.files).toEqual([
      { path: expect.stringContaining("datasets-spam-assassin"), sha256: dev.files[0].sha256 },
    ]);
  });
});
