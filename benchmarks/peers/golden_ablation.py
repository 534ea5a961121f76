"""Writes test/golden/ablation.json: what a trained model answers without the adapters of some layers.

The model is `houlsby-5` of golden_encoder.py after its 10 steps, in float64. Adapters are taken out
of the network, not set to zero: what is left without any of them is transformers' own BertModel with
the trained LayerNorms and head.
"""

import json
from dataclasses import replace

import torch
import transformers
from golden_encoder import CASES, OUT, Model, encoder_weights, make_batch
from safetensors.torch import load_file
from torch import Tensor, nn

CASE = CASES[0]  # houlsby-5


def trained_model(case, tensors: dict[str, Tensor]) -> Model:
    model = Model(case).double()
    trained = {n.removeprefix("final/"): t for n, t in tensors.items() if n.startswith("final/")}
    values = encoder_weights() | trained
    with torch.no_grad():
        for name, parameter in model.named().items():
            parameter.copy_(values[name])
    return model.eval()


def logits_without(layers: list[int], tensors: dict[str, Tensor]) -> list[list[float]]:
    model = trained_model(CASE, tensors)
    for i in layers:
        layer = model.bert.encoder.layer[i]
        layer.attention.output.adapter = layer.output.adapter = nn.Identity()
    return model(make_batch())[0].tolist()


@torch.no_grad()
def main() -> None:
    tensors = load_file(OUT / f"{CASE.name}.safetensors")
    spans = [[], [0], [1], [0, 1]]
    plain = trained_model(replace(CASE, method={"name": "layernorm"}), tensors)
    golden = {
        "source": "benchmarks/peers/golden_ablation.py",
        "versions": {
            "torch": torch.__version__.split("+")[0],
            "transformers": transformers.__version__,
        },
        "case": CASE.name,
        "spans": [{"layers": layers, "logits": logits_without(layers, tensors)} for layers in spans],
        "plainBert": plain(make_batch())[0].tolist(),
    }
    (OUT / "ablation.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
