"""Golden answers for test/answers/spans.test.ts: random logits of invented windows and what is to be read from them, as JSON.

    python benchmarks/peers/golden_squad_spans.py > test/golden/squad-spans.json

`decode` does what postprocess_qa_predictions of Hugging Face's run_qa.py describes, by brute force and with one difference: it
ranks only tokens of the context. Where every token is a candidate the difference is none, and transformers'
compute_predictions_logits, which has its own code for this, must choose the same answers or the script fails.

Logits are whole numbers of 1/1024, so that sums are exact. Positions are in UTF-16 code units; a start of -1 is a token that is
not of the context. Of the candidates only the first few are written.
"""

import json
import math
import platform
import random
import tempfile
from pathlib import Path
from types import SimpleNamespace

import transformers
from transformers.data.metrics.squad_metrics import compute_predictions_logits

SEED = 20180611  # the day the SQuAD 2.0 paper appeared on arXiv
UNIT = 1024
NULL_BIAS = 3 * UNIT  # makes no answer about as likely as any
NUM_QUESTIONS = 8
CANDIDATES_WRITTEN = 4
OUTSIDE = -1
WORDS = "kettle lamp red seven boat 🙂 river old 𝄞 tin bread and under moss the slow glass 水 éclair wind".split()


def utf16_length(text):
    return len(text.encode("utf-16-le")) // 2


def make_question(rng, logit):
    """A context of words, each one token, and windows that overlap by two of them behind a question of other tokens."""
    words = [rng.choice(WORDS) for _ in range(rng.randint(1, 24))]
    places, position = [], 0
    for word in words:
        places.append((position, position + utf16_length(word)))
        position += utf16_length(word) + 1
    question_length, room = rng.randint(1, 5), 10
    windows = []
    for begin in range(0, max(1, len(words) - 2), room - 2):
        before = [None] * (question_length + 2)  # [CLS], the question, [SEP]
        tokens = before + list(range(begin, min(begin + room, len(words)))) + [None]
        logits = [[logit(rng), logit(rng)] for _ in tokens]
        logits[0] = [value + NULL_BIAS for value in logits[0]]
        windows.append({"words": tokens, "logits": logits})
    return {"words": words, "places": places, "windows": windows}


def spans_of(question, n_best, max_answer_length):
    """(-score, window, first token, last token), best first."""
    spans = []
    for w, window in enumerate(question["windows"]):
        context = [token for token, word in enumerate(window["words"]) if word is not None]
        logits = window["logits"]
        firsts = sorted(context, key=lambda token: -logits[token][0])[:n_best]
        lasts = sorted(context, key=lambda token: -logits[token][1])[:n_best]
        for first in context:
            for last in range(first, min(first + max_answer_length, len(logits))):
                if first in firsts and last in lasts:
                    spans.append((-logits[first][0] - logits[last][1], w, first, last))
    return sorted(spans)


def decode(question, n_best, max_answer_length, threshold):
    """The answer, the candidates with their probabilities, and the null difference."""
    context = " ".join(question["words"])
    spans = spans_of(question, n_best, max_answer_length)
    null = min(sum(window["logits"][0]) for window in question["windows"])
    candidates = []
    for negative_score, w, first, last in spans[:n_best]:
        words = question["windows"][w]["words"]
        start, end = question["places"][words[first]][0], question["places"][words[last]][1]
        text = " ".join(question["words"][words[first] : words[last] + 1])
        assert context.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le") == text
        candidates.append({"text": text, "start": start, "end": end, "score": -negative_score})
    best = candidates[0] if candidates else None
    if threshold is not None or not candidates:
        nothing = {"text": "", "start": 0, "end": 0, "score": null}
        ranked = sorted([*candidates, nothing], key=lambda candidate: -candidate["score"])
        candidates = ranked[:n_best]
        if nothing not in candidates:
            candidates.append(nothing)
    total = sum(math.exp(candidate["score"] / UNIT) for candidate in candidates)
    for candidate in candidates:
        candidate["score"] = math.exp(candidate["score"] / UNIT) / total
    difference = null + (spans[0][0] if spans else 0)
    is_answered = best and (threshold is None or difference <= threshold * UNIT)
    answer = best if is_answered else next(c for c in candidates if c["text"] == "")
    return answer, candidates, difference / UNIT


def check(questions, n_best, max_answer_length, threshold, decoded):
    """Compares with transformers, which removes repeated texts and therefore has other probabilities."""
    examples, features, results = [], [], []
    for q, question in enumerate(questions):
        examples.append(SimpleNamespace(qas_id=str(q), doc_tokens=question["words"]))
        for window in question["windows"]:
            words = {token: word for token, word in enumerate(window["words"]) if word is not None}
            tokens = [question["words"][word] if word is not None else "-" for word in window["words"]]
            everywhere = dict.fromkeys(words, True)
            features.append(
                SimpleNamespace(
                    example_index=q,
                    unique_id=len(features),
                    tokens=tokens,
                    token_to_orig_map=words,
                    token_is_max_context=everywhere,
                )
            )
            starts, ends = zip(*window["logits"])
            results.append(
                SimpleNamespace(
                    unique_id=features[-1].unique_id,
                    start_logits=[value / UNIT for value in starts],
                    end_logits=[value / UNIT for value in ends],
                )
            )
    with tempfile.TemporaryDirectory() as folder:
        odds = Path(folder) / "odds.json"
        chosen = compute_predictions_logits(
            examples, features, results, n_best, max_answer_length, False, None, None, str(odds), False,
            threshold is not None, threshold, SimpleNamespace(convert_tokens_to_string=" ".join),
        )  # fmt: skip
        assert list(chosen.values()) == [answer["text"] for answer, _, _ in decoded]
        if threshold is not None:
            assert list(json.loads(odds.read_text()).values()) == [difference for _, _, difference in decoded]


def fine(rng):
    return round(rng.gauss(0, 2.5) * UNIT)


def coarse(rng):
    return rng.randint(-1, 2) * UNIT


def make_case(rng, name, n_best, max_answer_length, threshold, logit=fine):
    questions = [make_question(rng, logit) for _ in range(NUM_QUESTIONS)]
    decoded = [decode(question, n_best, max_answer_length, threshold) for question in questions]
    if n_best == 1000:
        check(questions, n_best, max_answer_length, threshold, decoded)
    decoding = {"nBest": n_best, "maxAnswerLength": max_answer_length}
    if threshold is not None:
        decoding["nullThreshold"] = threshold
    return {
        "name": name,
        "decoding": decoding,
        "questions": [
            {
                "context": " ".join(question["words"]),
                "windows": [
                    {
                        "starts": [question["places"][w][0] if w is not None else OUTSIDE for w in window["words"]],
                        "ends": [question["places"][w][1] if w is not None else OUTSIDE for w in window["words"]],
                        "logits": [value for pair in window["logits"] for value in pair],
                    }
                    for window in question["windows"]
                ],
                "answer": answer,
                "numCandidates": len(candidates),
                "candidates": candidates[:CANDIDATES_WRITTEN],
                "nullDifference": difference,
            }
            for question, (answer, candidates, difference) in zip(questions, decoded)
        ],
    }


def main():
    rng = random.Random(SEED)
    cases = [
        make_case(rng, "every token is a candidate", 1000, 5, None),
        make_case(rng, "every token is a candidate, or no answer", 1000, 5, 0.0),
        make_case(rng, "the best three", 3, 4, None),
        make_case(rng, "the best three, or no answer", 3, 4, 0.75),
        make_case(rng, "one token", 5, 1, -1.5),
        make_case(rng, "ties", 3, 4, None, coarse),
        make_case(rng, "ties, or no answer", 4, 3, 0.0, coarse),
    ]
    source = {
        "script": "benchmarks/peers/golden_squad_spans.py",
        "seed": SEED,
        "python": platform.python_version(),
        "transformers": transformers.__version__,
    }
    lines = ",\n".join(map(json.dumps, cases))
    print(f'{{"source": {json.dumps(source)}, "unit": {UNIT},\n"cases": [\n{lines}\n]}}')


main()
