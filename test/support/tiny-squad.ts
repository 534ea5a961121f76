// Invented questions in SQuAD's layout, in words of the tiny encoder.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const words = "cat dog film play song long short bright dull home".split(" ");

/** Writes questions on invented texts as SQuAD's files, train and dev alike; every third one of 2.0 has no answer. */
export function writeTinySquad(folder: string, version: "1.1" | "2.0"): string {
  const paragraphs = Array.from({ length: 12 }, (_, i) => {
    const answer = words[i % words.length];
    // A character of two UTF-16 code units and one of decomposed accents: places are counted in characters.
    const context = `\u{1f3a5} the ${words[(i + 3) % 10]} sat and a ${answer} ran home very long`;
    const start = Array.from(context.slice(0, context.indexOf(` a ${answer}`) + 3)).length;
    const isImpossible = version === "2.0" && i % 3 === 0;
    const answers = isImpossible ? [] : [{ text: answer, answer_start: start }];
    const qas = [{ id: `q${i}`, question: `was ${answer} good`, answers, is_impossible: isImpossible }]; // prettier-ignore
    return { context, qas };
  });
  mkdirSync(folder, { recursive: true });
  const file = JSON.stringify({ version, data: [{ title: "invented", paragraphs }] });
  for (const split of ["train", "dev"])
    writeFileSync(join(folder, `${split}-v${version}.json`), file);
  return folder;
}
