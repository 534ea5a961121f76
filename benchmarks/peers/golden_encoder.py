"""Writes the golden numbers of training: a small random BERT, one batch, every tuning method.

The encoder is transformers' BertModel, untouched except that adapters are inserted where Houlsby
et al. 2019 put them. Everything is computed in float64 and rounded to float32 when saved, so a
difference is the tested program's own. In test/golden/:

    encoder/            config.json and model.safetensors, names as in Hugging Face without "bert."
    golden.json         batch, learning rates, and the losses and gradient norms of every case
    <case>.safetensors  init/<name>   new parameters (adapters, head) before training
                        logits        (B, K), before training; (B, T, 2) for spans
                        grad/<name>   gradient of the first loss, before clipping
                        final/<name>  every trained parameter after 10 steps
                        hidden/<i>    (B, T, C), `head` only: embeddings, then each layer
                        pooled        (B, C), `head` only

Letters: B batch, T tokens, C hidden size, K labels. `hidden` at padded positions means nothing, and
so does `final` of a parameter whose true gradient is zero (`has_no_effect`): Adam amplifies rounding.
"""

import json
import types
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel
from transformers.activations import ACT2FN

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "test" / "golden"
SEED = 20190202  # the day the adapter paper appeared on arXiv
STEPS, PEAK_LEARNING_RATE, WARMUP_SHARE = 10, 1e-2, 0.1
CLIP_NORM, BETAS, EPSILON, WEIGHT_DECAY = 1.0, (0.9, 0.999), 1e-6, 0.01
T, LENGTHS = 11, [11, 4, 7, 9]
LABELS, TARGETS = [2, 0, 1, 2], [0.5, -1.25, 3.0, 0.0]
SPANS = [[1, 3], [0, 0], [2, 2], [4, 7]]  # first and last token of each answer; 0, 0 is none

Tensors = dict[str, Tensor]
Numbers = dict[str, float | list[float]]

CONFIG = dict(
    vocab_size=120,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=64,
    max_position_embeddings=40,
    type_vocab_size=2,
    hidden_act="gelu",
    layer_norm_eps=1e-12,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
)


@dataclass(frozen=True)
class Case:
    """One method on one kind of label; `method` is what an experiment says under `method:`."""

    name: str
    method: dict[str, object]
    kind: str = "classification"
    num_labels: int = 3  # 1 in regression, 2 for spans
    hidden_act: str = "gelu"
    trains: bool = True  # otherwise logits and loss only


CASES = [
    Case("houlsby-5", {"name": "houlsby", "size": 5, "activation": "gelu"}),
    Case("houlsby-7-gelu-new", {"name": "houlsby", "size": 7, "activation": "gelu_new"}),
    Case("full", {"name": "full"}),
    Case("top-layers-1", {"name": "top-layers", "layers": 1}),
    Case("layernorm", {"name": "layernorm"}),
    Case("head", {"name": "head"}),
    Case("regression", {"name": "houlsby", "size": 5, "activation": "gelu"}, "regression", 1),
    Case("span", {"name": "houlsby", "size": 5, "activation": "gelu"}, "span", 2),
    Case("span-full", {"name": "full"}, "span", 2),
    Case("relu", {"name": "houlsby", "size": 5}, hidden_act="relu", trains=False),
]


class Adapter(nn.Module):
    """x + W_up act(W_down x + b_down) + b_up"""

    def __init__(self, hidden: int, size: int, activation: str):
        super().__init__()
        self.down, self.up = nn.Linear(hidden, size), nn.Linear(size, hidden)
        self.activation = ACT2FN[activation]

    def forward(self, x: Tensor) -> Tensor:
        return x + self.up(self.activation(self.down(x)))


def insert_adapters(bert: BertModel, size: int, activation: str) -> None:
    """Puts an adapter between dropout and LayerNorm of every BertSelfOutput and BertOutput."""

    def forward(self, hidden_states: Tensor, input_tensor: Tensor) -> Tensor:
        x = self.adapter(self.dropout(self.dense(hidden_states)))
        return self.LayerNorm(x + input_tensor)

    for layer in bert.encoder.layer:
        for sublayer in (layer.attention.output, layer.output):
            sublayer.adapter = Adapter(bert.config.hidden_size, size, activation)
            sublayer.forward = types.MethodType(forward, sublayer)


class Model(nn.Module):
    """Encoder, then one linear layer on the pooled output or, for spans, on every token."""

    def __init__(self, case: Case):
        super().__init__()
        config = BertConfig(**CONFIG | {"hidden_act": case.hidden_act}, attn_implementation="eager")
        self.is_span = case.kind == "span"
        self.bert = BertModel(config, add_pooling_layer=not self.is_span)
        # nn.Embedding zeroes the gradient of its padding row; token 0 is an ordinary token here.
        self.bert.embeddings.word_embeddings.padding_idx = None
        if case.method["name"] == "houlsby":
            activation = case.method.get("activation", case.hidden_act)
            insert_adapters(self.bert, case.method["size"], activation)
        self.head_name = "qa_outputs" if self.is_span else "classifier"
        self.add_module(self.head_name, nn.Linear(config.hidden_size, case.num_labels))

    def named(self) -> dict[str, nn.Parameter]:
        """Its parameters, those of the encoder without "bert."."""
        return {name.removeprefix("bert."): p for name, p in self.named_parameters()}

    def forward(self, batch: Tensors) -> tuple[Tensor, object]:
        encoded = self.bert(**batch, output_hidden_states=True)
        read = encoded.last_hidden_state if self.is_span else encoded.pooler_output
        return self.get_submodule(self.head_name)(read), encoded


def draw(name: str, shape: torch.Size, std: float, generator: torch.Generator) -> Tensor:
    """A float32 parameter: LayerNorm gains around 1, everything else around 0."""
    values = torch.randn(shape, generator=generator) * std
    return values + 1 if name.endswith("LayerNorm.weight") else values


def encoder_weights() -> Tensors:
    generator = torch.Generator().manual_seed(SEED)
    parameters = BertModel(BertConfig(**CONFIG)).named_parameters()
    return {name: draw(name, p.shape, 0.15, generator) for name, p in parameters}


def is_trained(name: str, method: dict[str, object]) -> bool:
    if "adapter." in name or name.startswith(("classifier.", "qa_outputs.")):
        return True
    match method["name"]:
        case "full":
            return True
        case "houlsby" | "layernorm":
            return "LayerNorm." in name
        case "top-layers":
            first = CONFIG["num_hidden_layers"] - method["layers"]
            layers = [f"encoder.layer.{i}." for i in range(first, CONFIG["num_hidden_layers"])]
            return name.startswith(("pooler.", *layers))
        case _:
            return False


def make_batch() -> Tensors:
    """Token ids 1..V-1 with 0 as padding; the second half of a sequence is token type 1."""
    generator = torch.Generator().manual_seed(SEED + 1)
    positions = torch.arange(T)
    mask = (positions < torch.tensor(LENGTHS)[:, None]).long()  # (B, T)
    ids = torch.randint(1, CONFIG["vocab_size"], mask.shape, generator=generator)
    token_types = (positions >= torch.tensor(LENGTHS)[:, None] // 2).long()
    return {"input_ids": ids * mask, "token_type_ids": token_types * mask, "attention_mask": mask}


def loss_of(logits: Tensor, kind: str) -> Tensor:
    match kind:
        case "regression":
            return F.mse_loss(logits[:, 0], torch.tensor(TARGETS, dtype=logits.dtype))
        case "span":
            padding = torch.arange(T) >= torch.tensor(LENGTHS)[:, None]  # (B, T)
            ends = [end.masked_fill(padding, -torch.inf) for end in logits.unbind(-1)]
            spans = torch.tensor(SPANS)
            return sum(F.cross_entropy(end, spans[:, i]) for i, end in enumerate(ends)) / 2
        case _:
            return F.cross_entropy(logits, torch.tensor(LABELS))


def learning_rates() -> list[float]:
    """Linear warm-up to the peak, then linear to 0: step s of `STEPS`, counted from 0."""
    warm = max(1, round(WARMUP_SHARE * STEPS))
    shares = [(s + 1) / warm if s < warm else (STEPS - s) / (STEPS - warm) for s in range(STEPS)]
    return [PEAK_LEARNING_RATE * share for share in shares]


def make_optimizer(trained: dict[str, nn.Parameter]) -> torch.optim.Optimizer:
    exempt = {n for n in trained if n.endswith(".bias") or "LayerNorm." in n}
    decayed = trained.keys() - exempt
    groups = [
        {"params": [trained[n] for n in sorted(decayed)], "weight_decay": WEIGHT_DECAY},
        {"params": [trained[n] for n in sorted(exempt)], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=BETAS, eps=EPSILON)


def run(case: Case, encoder: Tensors, dtype: torch.dtype) -> tuple[Numbers, Tensors]:
    """Runs one case; returns what golden.json says of it, and its tensors."""
    model = Model(case)
    generator = torch.Generator().manual_seed(SEED + 2)
    parameters = model.named()
    init = {n: draw(n, p.shape, 0.15, generator) for n, p in parameters.items() if n not in encoder}
    for name, p in parameters.items():
        p.data.copy_(encoder[name] if name in encoder else init[name])
        p.requires_grad_(is_trained(name, case.method))
    model.to(dtype)
    tensors = {f"init/{name}": value for name, value in init.items()}

    batch = make_batch()
    logits, encoded = model(batch)
    loss = loss_of(logits, case.kind)
    tensors["logits"] = logits.detach()
    if case.method["name"] == "head":
        tensors |= {f"hidden/{i}": h for i, h in enumerate(encoded.hidden_states)}
        tensors["pooled"] = encoded.pooler_output
    if not case.trains:
        return {"loss": loss.item()}, tensors

    trained = {n: p for n, p in parameters.items() if p.requires_grad}
    optimizer = make_optimizer(trained)
    losses, norms = [], []
    for step, learning_rate in enumerate(learning_rates()):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate
        optimizer.zero_grad()
        loss = loss_of(model(batch)[0], case.kind)
        loss.backward()
        if step == 0:
            tensors |= {f"grad/{n}": p.grad.clone() for n, p in trained.items()}
        norms.append(nn.utils.clip_grad_norm_(trained.values(), CLIP_NORM).item())
        optimizer.step()
        losses.append(loss.item())
    tensors |= {f"final/{n}": p.detach() for n, p in trained.items()}
    final = loss_of(model(batch)[0], case.kind).item()
    numbers = {"loss": losses[0], "losses": losses, "finalLoss": final, "gradientNorms": norms}
    return numbers, tensors


def has_no_effect(name: str, kind: str) -> bool:
    """Whether it only adds the same to all inputs of a softmax, so that its true gradient is zero."""
    last = CONFIG["num_hidden_layers"] - 1
    of_spans = ("qa_outputs.bias", f"encoder.layer.{last}.output.LayerNorm.bias")
    return name.endswith("attention.self.key.bias") or (kind == "span" and name.endswith(of_spans))


def deviation(golden: tuple[Numbers, Tensors], other: tuple[Numbers, Tensors], kind: str) -> Numbers:
    """The largest differences between two runs, by kind of tensor."""
    losses, others = (numbers.get("losses", numbers["loss"]) for numbers, _ in (golden, other))
    worst = {"losses": np.abs(np.subtract(losses, others)).max().item()}
    for name, value in golden[1].items():
        if name.startswith("init/") or has_no_effect(name, kind):
            continue
        group = name.split("/")[0]
        difference = (value.double() - other[1][name].double()).abs().max().item()
        worst[group] = max(worst.get(group, 0.0), difference)
    return {group: float(f"{value:.0e}") for group, value in worst.items()}


def save(tensors: Tensors, file: Path) -> None:
    rounded = {name: value.detach().float().contiguous() for name, value in tensors.items()}
    save_file(rounded, file, {"format": "pt"})
    file.chmod(0o644)  # safetensors writes 0600


def describe(case: Case) -> dict[str, object]:
    return {
        "name": case.name,
        "file": f"{case.name}.safetensors",
        "method": case.method,
        "kind": case.kind,
        "hiddenAct": case.hidden_act,
        "numLabels": case.num_labels,
    }


def write_case(case: Case, encoder: Tensors) -> dict[str, object]:
    """Writes the tensors of a case and returns its part of golden.json."""
    numbers, tensors = run(case, encoder, torch.float64)
    save(tensors, OUT / f"{case.name}.safetensors")
    # What PyTorch itself strays by in float32: no float32 program can be asked for less.
    float32 = deviation((numbers, tensors), run(case, encoder, torch.float32), case.kind)
    print(case.name, numbers["loss"], numbers.get("finalLoss", ""), float32)
    return {**describe(case), **numbers, "float32Deviation": float32}


def main() -> None:
    torch.set_num_threads(1)
    (OUT / "encoder").mkdir(parents=True, exist_ok=True)
    encoder = encoder_weights()
    save(encoder, OUT / "encoder" / "model.safetensors")
    config = {"architectures": ["BertModel"], "model_type": "bert", **CONFIG, "pad_token_id": 0}
    (OUT / "encoder" / "config.json").write_text(json.dumps(config, indent=2) + "\n")

    batch = make_batch()
    golden = {
        "source": "benchmarks/peers/golden_encoder.py",
        "versions": {
            "torch": torch.__version__.split("+")[0],
            "transformers": transformers.__version__,
        },
        "seed": SEED,
        "batch": {
            "ids": batch["input_ids"].tolist(),
            "typeIds": batch["token_type_ids"].tolist(),
            "lengths": LENGTHS,
            "labels": LABELS,
            "targets": TARGETS,
            "spans": SPANS,
        },
        "optimizer": {
            "clipNorm": CLIP_NORM,
            "beta1": BETAS[0],
            "beta2": BETAS[1],
            "epsilon": EPSILON,
            "weightDecay": WEIGHT_DECAY,
            "peakLearningRate": PEAK_LEARNING_RATE,
            "warmupShare": WARMUP_SHARE,
            "learningRates": learning_rates(),
        },
        "cases": [write_case(case, encoder) for case in CASES],
    }
    (OUT / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
