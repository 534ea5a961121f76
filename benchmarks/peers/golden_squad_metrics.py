"""Golden scores for test/metrics/squad.test.ts: invented answers scored by the official definitions, as JSON.

    python benchmarks/peers/golden_squad_metrics.py > test/golden/squad-metrics.json

The rules of 2.0 and the search for the best threshold are those of transformers' copy of the official script. Those of 1.1 are
written anew from the official one's definition: no truth is dropped, and two answers without a word have F1 0.
"""

import json
import platform
import random
import unicodedata
from collections import Counter

import transformers
from transformers.data.metrics import squad_metrics as official

SEED = 20160616  # the day the SQuAD paper appeared on arXiv

HAND_MADE = [
    ("the red kettle", ["Red Kettle"]),
    ("a red kettle!", ["red kettle", "the kettle"]),
    ("kettle red", ["red kettle"]),
    ("red red kettle", ["red kettle kettle"]),
    ("blue lamp", ["red kettle"]),
    ("", [""]),
    ("", ["kettle"]),
    ("kettle", [""]),
    ("the", [""]),
    ("the", ["a"]),
    ("the", ["an", "kettle"]),
    ("", ["the", "kettle"]),
    ("", ["the", "..."]),
    ("...", ["?!"]),
    ("", []),
    ("kettle", []),
    (" ", []),
    ("A", ["a"]),
    ("the a an", ["an a the"]),
    ("theatre and anthem", ["atre d them"]),
    ("the-atre", ["theatre", "the atre", "atre"]),
    ("a.m.", ["am", "a m", "m"]),
    ("a b", ["b"]),
    ("a_b", ["ab"]),
    ("rock'n'roll", ["rock n roll", "rocknroll"]),
    ("$1,234.50", ["123450", "1234.50", "1 234 50"]),
    ("50%", ["50"]),
    ("“kettle”", ["kettle", '"kettle"']),
    ("‘the’ kettle", ["‘ ’ kettle"]),
    ("the’s", ["’s"]),
    ("kettle—a lamp", ["kettle— lamp"]),
    ("a—b", ["—b"]),
    ("thé", ["é", "thé"]),
    ("the\u0301", ["\u0301", "the"]),
    ("a\u0301b", ["\u0301b"]),
    ("\u0301a b", ["\u0301 b"]),
    ("éa", ["é"]),
    ("a\u200db", ["\u200db"]),
    ("a\u200c", ["\u200c"]),
    ("a\ufe0f", ["\ufe0f"]),
    ("a²", ["²"]),
    ("a½ the Ⅷ", ["a½ ⅷ"]),
    ("a٣", ["٣"]),
    ("a①", ["①"]),
    ("ﬁ a ﬁre", ["ﬁ ﬁre"]),
    ("ａ kettle", ["kettle", "a kettle"]),
    ("ＴＨＥ ｋｅｔｔｌｅ", ["ｔｈｅ ｋｅｔｔｌｅ"]),
    ("kettle，lamp！", ["kettle lamp", "kettle，lamp！"]),
    ("kettle\u00a0lamp", ["kettle lamp"]),
    ("the\u00a0lamp", ["lamp"]),
    ("kettle\u3000lamp", ["kettle lamp"]),
    ("kettle\u2003\u2009lamp\u202f", ["kettle lamp"]),
    ("kettle\u2028lamp\u2029", ["kettle lamp"]),
    ("kettle\u0085lamp", ["kettle lamp"]),
    ("kettle\x1clamp\x1d\x1e\x1f", ["kettle lamp"]),
    ("kettle\x0b\x0clamp", ["kettle lamp"]),
    ("\ufeffkettle", ["kettle", "\ufeffkettle"]),
    ("kettle\ufefflamp", ["kettle lamp"]),
    ("kettle\u200blamp", ["kettle lamp", "kettle\u200blamp"]),
    ("kettle\u180elamp", ["kettle lamp"]),
    ("İstanbul", ["istanbul", "i\u0307stanbul"]),
    ("ISTANBUL", ["ıstanbul", "istanbul"]),
    ("ΟΔΟΣ", ["οδος", "οδοσ"]),
    ("ΟΔΟΣ.", ["οδος"]),
    ("Σ", ["σ", "ς"]),
    ("ΑΣ ΣΑ", ["ας σα"]),
    ("ΑΣ'Α", ["ας'α", "ασα"]),
    ("ΑΣ\u0301", ["ας\u0301"]),
    ("ΑΣ\u00adΑ", ["ασ\u00adα"]),
    ("A.Σ", ["aς", "aσ"]),
    ("STRASSE", ["straße", "strasse"]),
    ("ẞ", ["ß"]),
    ("Ǆ ǅ", ["ǆ ǆ"]),
    ("K Å", ["k å"]),
    ("𝐀 𐐀", ["𝐀 𐐨"]),
    ("👨\u200d👩\u200d👧 the 🇮🇪", ["👨\u200d👩\u200d👧 🇮🇪"]),
    ("a👩", ["👩"]),
    ("the水壶a", ["水壶", "the水壶a"]),
    ("水壶 the 灯", ["水壶 灯"]),
    ("АН а", ["ан а", "а"]),
    ("ﷺ a ﷽", ["ﷺ ﷽"]),
    ("a\u0e33 \u0e33a", ["\u0e33a"]),
    ("a\u093f", ["\u093f"]),
    ("ªa ºthe", ["ªa ºthe"]),
    ("a·b", ["·b"]),
    ("a'an'the", ["aanthe"]),
    ("7 a", ["7", "seven"]),
]

WORDS = "kettle Lamp RED the The a An and anthem thé Σας ΟΔΟΣ İz naïve 42 3.5 水壶 ｆｕｌｌ ﬁn é e\u0301 U.S. o'clock x_y “so” 👩\u200d🚀".split()
GAPS = [" "] * 8 + ["  ", "-", ", ", "\u00a0", "\u3000", "\u2009", "\t", "\u200b", "\u200d", "—", ". ", "\u0301 "]


def v1_f1(truth, prediction):
    truths, predicted = (official.normalize_answer(text).split() for text in (truth, prediction))
    same = sum((Counter(truths) & Counter(predicted)).values())
    if same == 0:
        return 0
    precision, recall = same / len(predicted), same / len(truths)
    return 2 * precision * recall / (precision + recall)


def scores(prediction, truths):
    """[exact match, F1] by each version; of 1.1 nothing where there is no truth, which its files never have."""
    kept = [truth for truth in truths if official.normalize_answer(truth)] or [""]
    result = {
        "2.0": [
            max(official.compute_exact(truth, prediction) for truth in kept),
            max(official.compute_f1(truth, prediction) for truth in kept),
        ]
    }
    if truths:
        result["1.1"] = [
            max(official.compute_exact(truth, prediction) for truth in truths),
            max(v1_f1(truth, prediction) for truth in truths),
        ]
    return result


def random_text(rng, longest=6):
    text = ""
    for _ in range(rng.randint(0, longest)):
        text += rng.choice(WORDS) + rng.choice(GAPS)
    return unicodedata.normalize("NFD", text) if rng.random() < 0.1 else text


def disturbed(rng, text):
    """The text with words dropped, doubled, swapped or recased."""
    words = text.split(" ")
    for _ in range(rng.randint(0, 3)):
        i = rng.randrange(len(words))
        words[i] = rng.choice(["", words[i] + " " + words[i], words[i].upper(), rng.choice(WORDS), words[i]])
    return " ".join(words)


def threshold_case(rng, size):
    """Null differences have ties, and of the answerable questions the first is the likelier to be answered well."""
    has_answer = [rng.random() < 0.6 for _ in range(size)]
    differences = [round(rng.gauss(-1 if has else 1, 2), 1) for has in has_answer]
    predictions = ["" if rng.random() < 0.1 else "kettle" for _ in range(size)]
    f1 = [rng.randint(0, 16) / 16 for _ in range(size)]
    names = range(size)
    best, threshold = official.find_best_thresh(
        dict(zip(names, predictions)),
        dict(zip(names, f1)),
        dict(zip(names, differences)),
        dict(zip(names, has_answer)),
    )
    return {
        "hasAnswer": has_answer,
        "nullDifferences": differences,
        "predictions": predictions,
        "scores": f1,
        "best": {"threshold": threshold, "percent": best},
    }


def main():
    rng = random.Random(SEED)
    cases = list(HAND_MADE)
    for _ in range(170):
        prediction = random_text(rng)
        truths = [disturbed(rng, prediction) for _ in range(rng.randint(0, 3))]
        truths += [random_text(rng) for _ in range(rng.randint(0, 2))]
        cases.append((prediction, truths))
    source = {
        "script": "benchmarks/peers/golden_squad_metrics.py",
        "seed": SEED,
        "python": platform.python_version(),
        "unicode": unicodedata.unidata_version,
        "transformers": transformers.__version__,
    }
    answers = [
        {
            "prediction": prediction,
            "truths": truths,
            "normalised": official.normalize_answer(prediction),
            **scores(prediction, truths),
        }
        for prediction, truths in cases
    ]
    thresholds = [threshold_case(rng, size) for size in (1, 2, 5, 30, 30, 30, 100)]
    # ASCII, because several characters look like others or like nothing
    lines = ",\n".join(map(json.dumps, answers))
    searches = ",\n".join(map(json.dumps, thresholds))
    print(f'{{"source": {json.dumps(source)},\n"answers": [\n{lines}\n],\n"thresholds": [\n{searches}\n]}}')


main()
