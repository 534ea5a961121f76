// What a run reads of a row: one text, two, or a question and its context, and under which keys they may stand.
import { cite, citeAll, kindOf } from "../cite.ts";
import { layouts } from "../data/glue-layouts.ts";
import { findColumn } from "../data/own/columns.ts";
import { isOwn, isSpan } from "../data/settings.ts";
import { UserError } from "../errors.ts";
import type { TextInput } from "../text/tokenizer.ts";
import type { Row } from "./rows.ts";
import type { TrainedRun } from "./trained-run.ts";

/** Keys by preference: the first one that a row has is read. */
export interface InputForm {
  text: readonly string[];
  /** Of runs on two texts; the context of questions. */
  pair?: readonly string[];
}

/** Keys that the user names in place of the usual ones. */
export interface InputKeys {
  text?: string;
  pair?: string;
}

/** What a run reads. On the user's own data the columns that it was trained on come first. */
export function formOf({ experiment: { task } }: TrainedRun, keys: InputKeys = {}): InputForm {
  const given = (key: string | undefined, usual: readonly string[]) =>
    key === undefined ? usual : [key];
  const form = (text: readonly string[], pair?: readonly string[]): InputForm => ({
    text: given(keys.text, text),
    ...(pair && { pair: given(keys.pair, pair) }),
  });
  if (isSpan(task)) return form(["question", "text"], ["context", "pair"]);
  if (isOwn(task))
    return form([task.text, "text"], task.textPair === undefined ? undefined : [task.textPair, "pair"]); // prettier-ignore
  const isPair = task.name !== "spam" && "textPair" in layouts[task.name].columns;
  return form(["text"], isPair ? ["pair"] : undefined);
}

/** The texts of a row. Throws UserError naming the place and the keys that are there, and for two columns of the name that is read. */
export function toInput({ header, place, values }: Row, form: InputForm): TextInput {
  const read = (keys: readonly string[], option: string) => {
    // Names of columns have no blanks around them.
    const known = keys.flatMap((name) => [name, name.trim()]);
    const key = known.find((name) => Object.hasOwn(values, name));
    if (key === undefined) throw missingKey(place, keys, Object.keys(values), option);
    if (header) findColumn(header.place, header.names, "text", key);
    const text = values[key];
    if (typeof text !== "string")
      throw new UserError(`${place}: ${cite(key)} is ${kindOf(text)}: expected a text`, {
        hint: `texts stand in quotes; ${option} names another key`,
      });
    if (text.trim() === "")
      throw new UserError(`${place}: ${cite(key)} is empty: expected text`, {
        hint: "there is nothing to predict from; take the line out",
      });
    return text;
  };
  const text = read(form.text, "--text-key");
  return form.pair ? { text, textPair: read(form.pair, "--pair-key") } : { text };
}

function missingKey(
  place: string,
  keys: readonly string[],
  found: readonly string[],
  option: string,
): UserError {
  return new UserError(
    `${place}: no ${[...new Set(keys)].map(cite).join(" or ")}: found ${found.length === 0 ? "no keys" : citeAll(found)}`,
    {
      hint: `name the key or column with ${option}; files of one text per line are for runs on one text`,
    },
  );
}
