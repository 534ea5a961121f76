// Answers scored as by the official scripts, equal to the last bit (squad-metrics.json names the script and the versions), and
// what is averaged over which questions.
import { describe, expect, test } from "vitest";
import {
  bestThreshold,
  exactMatchOf,
  f1Of,
  normaliseAnswer,
  spanMetrics,
  type SquadVersion,
} from "../../src/metrics/squad.ts";
import golden from "../golden/squad-metrics.json" with { type: "json" };

interface GoldenAnswer extends Partial<Record<SquadVersion, number[]>> {
  prediction: string;
  truths: string[];
  normalised: string;
}

const answers = golden.answers as GoldenAnswer[];

function questionsWith(hasAnswer: readonly boolean[]) {
  return hasAnswer.map((has) => ({ answers: has ? [{ text: "kettle" }] : [] }));
}

describe("against the official definition", () => {
  test("answers are normalised alike", () => {
    const actual = answers.map(({ prediction }) => normaliseAnswer(prediction));
    expect(actual).toEqual(answers.map(({ normalised }) => normalised));
  });

  test.each(["1.1", "2.0"] as const)("exact match and F1 of %s are the same numbers", (version) => {
    const cases = answers.filter((answer) => answer[version]);
    const actual = cases.map(({ prediction, truths }) => ({
      prediction,
      truths,
      scores: [exactMatchOf(prediction, truths, version), f1Of(prediction, truths, version)],
    }));
    expect(cases.length).toBeGreaterThan(200);
    expect(actual).toEqual(
      cases.map(({ prediction, truths, [version]: scores }) => ({ prediction, truths, scores })),
    );
  });

  test("the two versions differ somewhere", () => {
    const differing = answers.filter((answer) => answer["1.1"]?.[1] !== answer["2.0"]?.[1]);
    expect(differing.length).toBeGreaterThan(5);
  });

  test.each(golden.thresholds)("the best threshold of $scores.length questions", (search) => {
    const best = bestThreshold({ ...search, questions: questionsWith(search.hasAnswer) });
    expect(best.threshold).toBe(search.best.threshold);
    expect(100 * best.score).toBeCloseTo(search.best.percent, 10);
  });
});

describe("averages", () => {
  const questions = questionsWith([true, true, false, false, false]);
  const predictions = ["kettle", "red kettle", "", "kettle", ""];

  test("are over all questions, those with an answer, and those without", () => {
    const names = [
      "f1",
      "exactMatch",
      "hasAnswerF1",
      "hasAnswerExactMatch",
      "noAnswerAccuracy",
    ] as const;
    const { metrics, scores } = spanMetrics(names, predictions, questions, "2.0");
    expect(scores.exactMatch).toEqual([1, 0, 1, 0, 1]);
    expect(scores.f1[1]).toBeCloseTo(2 / 3, 12);
    expect(metrics.f1).toBeCloseTo((1 + 2 / 3 + 2) / 5, 12);
    expect(metrics.exactMatch).toBe(3 / 5);
    expect(metrics.hasAnswerF1).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(metrics.hasAnswerExactMatch).toBe(1 / 2);
    expect(metrics.noAnswerAccuracy).toBe(2 / 3);
  });

  test("over no question are 0, and only the named ones are there", () => {
    const { metrics } = spanMetrics(["noAnswerAccuracy"], ["kettle"], questionsWith([true]), "2.0");
    expect(metrics).toEqual({ noAnswerAccuracy: 0 });
  });

  test("need a prediction for every question", () => {
    expect(() => spanMetrics(["f1"], ["kettle"], questions, "2.0")).toThrow(
      "internal: 1 predictions for 5 questions",
    );
  });
});
