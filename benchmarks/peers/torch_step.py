"""One training step in PyTorch, for speed and memory side by side with this project's own.

A step is: forward, cross-entropy, backward, gradients clipped to global norm 1, AdamW. Weights and
batch are random, of a fixed seed; no sentence is shorter than --length. It speaks in lines, so that
a benchmark can alternate it with other programs:

    first          prints {"ready": true, "torch": ..., "attention": ..., "threads": ...}
    line "go"      runs one step, prints {"ms": ..., "loss": ...}
    line "memory"  prints {"peakRssBytes": ..., "peakDeviceBytes": ...}, the second on CUDA only
    line "matmul"  prints {"flopsPerSecond": ...} of large products in the same type
    line "quit"    or end of input, or after --steps: prints {"peakRssBytes": ...} and ends

What fails prints {"error": ...} and ends. The first steps are slower (memory is allocated, --compile
compiles): the reader drops them. Alone, five steps:

    yes go | python benchmarks/peers/torch_step.py --shape minilm --steps 5
"""

import argparse
import contextlib
import json
import os
import resource
import statistics
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
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument(
        "--dtype",
        choices=["fp32", "tf32", "bf16"],
        default="fp32",
        help="fp32: as PyTorch comes, without TF32; tf32: with, on CUDA; bf16: autocast",
    )
    parser.add_argument("--compile", action="store_true", help="through torch.compile")
    parser.add_argument("--attention", choices=["plain", "sdpa"], help="default: the faster one")
    parser.add_argument("--threads", type=int, default=num_cores())
    parser.add_argument("--steps", type=int, help="end after this many steps")
    parser.add_argument("--describe", action="store_true", help="tell what there is, and end")
    return parser.parse_args()


def num_cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def make_step(args: argparse.Namespace) -> Callable[[], float]:
    """Returns a function that runs one step and gives its loss."""
    torch.manual_seed(SEED)
    shape = SHAPES[args.shape]
    size = args.size if args.method == "houlsby" else 0
    options = Options(size, labels=2, dropout=args.dropout, sdpa=args.attention == "sdpa")
    device = torch.device(args.device)
    model = Bert(shape, options).train().to(device)
    trained = freeze(model, args.method)
    optimizer = make_optimizer(trained, 1e-4)
    parameters = list(trained.values())
    forward = torch.compile(model) if args.compile else model

    ids = torch.randint(1, shape.vocab, (args.batch, args.length)).to(device)
    types, mask = torch.zeros_like(ids), torch.zeros(args.batch, 1, 1, args.length, device=device)
    labels = (torch.arange(args.batch) % 2).to(device)

    def step() -> float:
        bf16 = args.dtype == "bf16"
        with torch.autocast(args.device, torch.bfloat16) if bf16 else contextlib.nullcontext():
            loss = F.cross_entropy(forward(ids, types, mask).float(), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        result = loss.item()
        synchronize(args)
        return result

    return step


def synchronize(args: argparse.Namespace) -> None:
    """Waits for the device: what was asked of it is only begun."""
    if args.device == "cuda":
        torch.cuda.synchronize()


def matmul_rate(args: argparse.Namespace) -> float:
    """FLOP/s of large products, the median of five runs; the matrices are those of benchmarks/matmul.ts."""
    M, K, N = (4096, 4096, 4096) if args.device == "cuda" else (1024, 768, 3072)
    dtype = torch.bfloat16 if args.dtype == "bf16" else torch.float32
    make = dict(device=args.device, dtype=dtype)
    x, there, back = torch.randn(M, K, **make), torch.randn(K, N, **make), torch.randn(N, K, **make)
    there, back = there / K**0.5, back / N**0.5

    def seconds_of(pairs: int) -> float:
        start, y = time.perf_counter(), x
        for _ in range(pairs):
            y = y @ there @ back
        synchronize(args)
        return time.perf_counter() - start

    with torch.no_grad():
        seconds_of(1)
        pairs = max(1, min(64, round(0.2 / seconds_of(1))))  # a run takes about 0.2 s
        seconds = statistics.median([seconds_of(pairs) for _ in range(7)][2:])
    return 2 * pairs * (2 * M * K * N) / seconds


def say(message: dict[str, object]) -> None:
    print(json.dumps(message), flush=True)


def memory(args: argparse.Namespace) -> dict[str, object]:
    kib = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes on macOS, in KiB on Linux
    peaks = {"peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kib}
    if args.device == "cuda":
        peaks["peakDeviceBytes"] = torch.cuda.max_memory_allocated()
    return peaks


def describe() -> dict[str, object]:
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {"ready": True, "torch": torch.__version__, "gpu": gpu}


def serve(args: argparse.Namespace) -> None:
    """Answers line by line."""
    step = make_step(args)
    settings = {"attention": args.attention, "threads": torch.get_num_threads()}
    say({"ready": True, "torch": torch.__version__, **settings})
    steps = 0
    # once the last step is done, no further line is read
    while args.steps is None or steps < args.steps:
        match sys.stdin.readline().strip():
            case "go":
                start = time.perf_counter()
                loss = step()
                say({"ms": round((time.perf_counter() - start) * 1e3, 2), "loss": round(loss, 6)})
                steps += 1
            case "memory":
                say(memory(args))
            case "matmul":
                say({"flopsPerSecond": matmul_rate(args)})
            case _:
                break
    say(memory(args))


def main() -> None:
    args = parse_arguments()
    if args.describe:
        return say(describe())
    torch.set_num_threads(args.threads)
    if args.dtype == "tf32":
        torch.set_float32_matmul_precision("high")
    args.attention = args.attention or faster_attention(args.dtype, args.device)
    try:
        serve(args)
    except Exception as error:  # out of memory, no compiler: the benchmark tells the reason
        reason = " ".join(str(error).split("\n\n")[0].split())
        say({"error": f"{type(error).__name__}: {reason}"})
        sys.exit(1)


if __name__ == "__main__":
    main()
