"""One training step in PyTorch, for speed and memory side by side with this project's own (CPU).

A step is: forward, cross-entropy, backward, gradients clipped to global norm 1, AdamW. Weights and
batch are random, of a fixed seed; no sentence is shorter than --length. It speaks in lines, so that
a benchmark can alternate it with other programs:

    first        prints {"ready": true, "torch": ..., "attention": ..., "threads": ...}
    line "go"    runs one step, prints {"ms": ..., "loss": ...}
    line "quit"  or end of input, or after --steps: prints {"peakRssBytes": ...} and ends

The first steps are slower (memory is allocated): the reader drops them. Alone, five steps:

    yes go | python benchmarks/peers/torch_step.py --shape minilm --steps 5
"""

import argparse
import contextlib
import itertools
import json
import resource
import sys
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from torch_bert import SHAPES, TRAINED, Bert, Options, faster_attention, freeze, make_optimizer

SEED = 0


def parse_arguments() -> argparse.Namespace:
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--shape", choices=SHAPES, default="minilm")
    parser.add_argument("--method", choices=TRAINED, default="houlsby")
    parser.add_argument("--size", type=int, default=64, help="adapter size")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--length", type=int, default=128, help="tokens per sentence")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32", help="bf16: autocast")
    parser.add_argument("--attention", choices=["plain", "sdpa"], help="default: the faster one")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, help="end after this many steps")
    return parser.parse_args()


def make_step(args: argparse.Namespace) -> Callable[[], float]:
    """Returns a function that runs one step and gives its loss."""
    torch.manual_seed(SEED)
    shape = SHAPES[args.shape]
    size = args.size if args.method == "houlsby" else 0
    options = Options(size, labels=2, dropout=args.dropout, sdpa=args.attention == "sdpa")
    model = Bert(shape, options).train()
    trained = freeze(model, args.method)
    optimizer = make_optimizer(trained, 1e-4)
    parameters = list(trained.values())

    ids = torch.randint(1, shape.vocab, (args.batch, args.length))
    types, mask = torch.zeros_like(ids), torch.zeros(args.batch, 1, 1, args.length)
    labels = torch.arange(args.batch) % 2

    def step() -> float:
        bf16 = args.dtype == "bf16"
        with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
            loss = F.cross_entropy(model(ids, types, mask).float(), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    return step


def say(message: dict[str, object]) -> None:
    print(json.dumps(message), flush=True)


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(args.threads)
    args.attention = args.attention or faster_attention(args.dtype)
    step = make_step(args)
    settings = {"attention": args.attention, "threads": torch.get_num_threads()}
    say({"ready": True, "torch": torch.__version__, **settings})

    # islice reads no line beyond the last step
    commands = itertools.takewhile(lambda line: line.strip() == "go", iter(sys.stdin.readline, ""))
    for _ in itertools.islice(commands, args.steps):
        start = time.perf_counter()
        loss = step()
        say({"ms": round((time.perf_counter() - start) * 1e3, 2), "loss": round(loss, 6)})

    kib = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes on macOS, in KiB on Linux
    say({"peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kib})


if __name__ == "__main__":
    main()
