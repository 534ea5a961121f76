"""BERT with Houlsby adapters in plain PyTorch: what torch_step.py times and torch_train.py trains.

Parameters are named as in Hugging Face's BertModel without "bert.", adapters as in
src/methods/houlsby.ts. Letters: B batch, T tokens, C hidden size, H heads, D = C/H,
R adapter size, K labels.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    layers: int
    hidden: int
    heads: int
    intermediate: int
    vocab: int = 30522
    positions: int = 512


SHAPES = {
    "tiny": Shape(2, 128, 2, 512),
    "minilm": Shape(6, 384, 12, 1536),
    "base": Shape(12, 768, 12, 3072),
}


@dataclass(frozen=True)
class Options:
    """What varies between runs. `size` 0 means no adapters; `sdpa` picks the fused attention."""

    size: int
    labels: int
    dropout: float
    sdpa: bool


class Adapter(nn.Module):
    """x + W_up gelu(W_down x + b_down) + b_up"""

    def __init__(self, C: int, R: int):
        super().__init__()
        self.down, self.up = nn.Linear(C, R), nn.Linear(R, C)
        for linear in (self.down, self.up):
            nn.init.trunc_normal_(linear.weight, std=0.01, a=-0.02, b=0.02)
            nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.up(F.gelu(self.down(x)))


class SelfAttention(nn.Module):
    def __init__(self, shape: Shape, options: Options):
        super().__init__()
        C = shape.hidden
        self.query, self.key, self.value = nn.Linear(C, C), nn.Linear(C, C), nn.Linear(C, C)
        self.heads, self.dropout, self.sdpa = shape.heads, options.dropout, options.sdpa

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        B, T, C = x.shape
        heads = (B, T, self.heads, C // self.heads)
        q, k, v = (f(x).view(heads).transpose(1, 2) for f in (self.query, self.key, self.value))
        p = self.dropout if self.training else 0.0
        if self.sdpa:
            mask = mask.to(q.dtype)
            context = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=p)
        else:
            scores = q @ k.transpose(-1, -2) / math.sqrt(C // self.heads) + mask  # (B, H, T, T)
            context = F.dropout(scores.softmax(-1), p) @ v
        return context.transpose(1, 2).reshape(B, T, C)


class Output(nn.Module):
    """The end of a sub-layer: projection, dropout, adapter, skip connection, LayerNorm."""

    def __init__(self, inputs: int, C: int, options: Options):
        super().__init__()
        self.dense, self.dropout = nn.Linear(inputs, C), nn.Dropout(options.dropout)
        self.adapter = Adapter(C, options.size) if options.size else nn.Identity()
        self.LayerNorm = nn.LayerNorm(C, eps=1e-12)

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        return self.LayerNorm(self.adapter(self.dropout(self.dense(x))) + residual)


class Layer(nn.Module):
    def __init__(self, shape: Shape, options: Options):
        super().__init__()
        C, width = shape.hidden, shape.intermediate
        self.attention = nn.ModuleDict(
            {"self": SelfAttention(shape, options), "output": Output(C, C, options)}
        )
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(C, width)})
        self.output = Output(width, C, options)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.attention["output"](self.attention["self"](x, mask), x)
        return self.output(F.gelu(self.intermediate["dense"](x)), x)


class Bert(nn.Module):
    """Encoder, pooler and one linear layer on the pooled output: (B, T) ids -> (B, K) logits."""

    def __init__(self, shape: Shape, options: Options):
        super().__init__()
        C = shape.hidden
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": nn.Embedding(shape.vocab, C),
                "position_embeddings": nn.Embedding(shape.positions, C),
                "token_type_embeddings": nn.Embedding(2, C),
                "LayerNorm": nn.LayerNorm(C, eps=1e-12),
            }
        )
        self.encoder = nn.ModuleDict(
            {"layer": nn.ModuleList(Layer(shape, options) for _ in range(shape.layers))}
        )
        self.pooler = nn.ModuleDict({"dense": nn.Linear(C, C)})
        self.dropout = nn.Dropout(options.dropout)
        self.classifier = nn.Linear(C, options.labels)
        nn.init.trunc_normal_(self.classifier.weight, std=0.02, a=-0.04, b=0.04)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """`mask` (B, 1, 1, T) is added to attention scores: 0, or very negative at padding."""
        table = self.embeddings
        positions = table["position_embeddings"].weight[: ids.shape[1]]  # (T, C)
        x = table["word_embeddings"](ids) + table["token_type_embeddings"](types) + positions
        x = self.dropout(table["LayerNorm"](x))
        for layer in self.encoder["layer"]:
            x = layer(x, mask)
        return self.classifier(self.dropout(torch.tanh(self.pooler["dense"](x[:, 0]))))


def faster_attention(dtype: str, device: str = "cpu") -> str:
    """The faster attention, on the CPU as measured without AMX: see README.md."""
    return "sdpa" if dtype == "fp32" or device == "cuda" else "plain"


# Parameters with one of these in their name are trained; the head always is.
TRAINED = {
    "houlsby": ["adapter.", "LayerNorm."],
    "layernorm": ["LayerNorm."],
    "head": [],
    "full": [""],
}


def freeze(model: nn.Module, method: str) -> dict[str, nn.Parameter]:
    """Leaves trainable what the method trains, and returns it by name."""
    for name, p in model.named_parameters():
        p.requires_grad_(any(part in name for part in ["classifier.", *TRAINED[method]]))
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def make_optimizer(trained: dict[str, nn.Parameter], learning_rate: float) -> torch.optim.AdamW:
    """AdamW of the recipe: decay 0.01 on everything but biases and LayerNorm."""
    groups = [{"params": [], "weight_decay": 0.01}, {"params": [], "weight_decay": 0.0}]
    for name, p in trained.items():
        groups[name.endswith(".bias") or "LayerNorm." in name]["params"].append(p)
    return torch.optim.AdamW(groups, learning_rate, eps=1e-6, fused=True)
