import { expect, test } from "vitest";
import { AsyncMemo } from "../src/async-memo.ts";

test("creates once, also for those who ask meanwhile", async () => {
  const memo = new AsyncMemo<string, object>();
  let created = 0;
  const create = async () => ({ number: ++created });
  const [a, b] = await Promise.all([memo.get("x", create), memo.get("x", create)]);
  expect(a).toBe(b);
  expect(await memo.get("x", create)).toBe(a);
  expect(await memo.get("y", create)).toEqual({ number: 2 });
});

test("what failed is tried again, and what came to be is given when it ends", async () => {
  const memo = new AsyncMemo<string, number>();
  const fail = async () => Promise.reject(new Error("not now"));
  await expect(memo.get("x", fail)).rejects.toThrow("not now");
  expect(await memo.get("x", async () => 1)).toBe(1);
  memo.get("y", fail).catch(() => {});
  memo.set("z", 3);
  expect(await memo.drain()).toEqual([1, 3]);
  expect(await memo.drain()).toEqual([]);
});
