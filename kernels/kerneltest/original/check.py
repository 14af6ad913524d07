"""Repeat the steps in a file written by main.go with the classes of train.py, in float64, and print how far ours are off.

usage: check.py train.py steps.json
"""
import json
import math
import sys
from dataclasses import dataclass

import torch
import torch.nn.functional as F

# Largest relative differences that float32 explains: sums of some hundred products for gradients; for moves, rare signs that
# rounding decides (the cautious decay) and Newton-Schulz, which magnifies noise a thousand times.
GRADIENT, MOVE, NATS = 2e-6, 1e-2, 2e-5


class FlashAttention:
    """Plain attention with the windows of flash-attn: query i sees keys i-left to i."""

    @staticmethod
    def flash_attn_func(q, k, v, causal, window_size):
        T = q.shape[1]
        i, j = torch.arange(T)[:, None], torch.arange(T)[None]
        scores = torch.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(q.shape[-1])
        scores = scores.masked_fill((j > i) | (j < i - window_size[0]), float("-inf"))
        return torch.einsum("bhij,bjhd->bihd", scores.softmax(-1), v)


def original(path):
    """The model and optimizer classes of train.py, with every cast to a shorter type taken out."""
    text = open(path).read()
    text = text[text.index("# GPT Model"):text.index("# Hyperparameters (edit")]
    for old, new in [
        ("@torch.compile(dynamic=False, fullgraph=True)\n", ""),
        ("X = g.bfloat16()", "X = g.clone()"),
        (".bfloat16()", ""),
        ("self.transformer.wte.to(dtype=torch.bfloat16)", "pass"),
        ("ve.to(dtype=torch.bfloat16)", "pass"),
        ('dtype=torch.float32, device="cpu"', 'dtype=torch.float64, device="cpu"'),
        (".float()", ".double()"),
    ]:
        if old not in text:
            sys.exit(f"check: {path} has no {old!r}, want train.py of karpathy/autoresearch at 228791f")
        text = text.replace(old, new)
    F.rms_norm = lambda x, _: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + torch.finfo(torch.float32).eps)
    torch._foreach_copy_ = lambda to, of: [a.copy_(b) for a, b in zip(to, of)]
    names = dict(torch=torch, nn=torch.nn, F=F, math=math, fa3=FlashAttention, dataclass=dataclass)
    exec(text, names)
    return names


def by_name(model):
    """The parameters under the names of gpt.Weight."""
    names = {"wte": model.transformer.wte.weight, "head": model.lm_head.weight,
             "resid": model.resid_lambdas, "skip": model.x0_lambdas}
    for i, block in enumerate(model.transformer.h):
        a = block.attn
        names.update({f"{i}.q": a.c_q.weight, f"{i}.k": a.c_k.weight, f"{i}.v": a.c_v.weight, f"{i}.o": a.c_proj.weight,
                      f"{i}.fc": block.mlp.c_fc.weight, f"{i}.proj": block.mlp.c_proj.weight})
        if a.ve_gate is not None:
            names[f"{i}.gate"] = a.ve_gate.weight
            names[f"{i}.values"] = model.value_embeds[str(i)].weight
    return names


def build(classes, steps):
    hyper, plan = steps["Hyper"], steps["Plan"]
    model = classes["GPT"](classes["GPTConfig"](
        sequence_len=plan["T"], vocab_size=plan["V"], n_layer=plan["L"], n_head=plan["NH"], n_kv_head=plan["NH"],
        n_embd=plan["C"], window_pattern=hyper["WindowPattern"]))
    model.init_weights()
    optimizer = model.setup_optimizer(
        unembedding_lr=hyper["UnembeddingLR"], embedding_lr=hyper["EmbeddingLR"], scalar_lr=hyper["ScalarLR"],
        adam_betas=(hyper["AdamBeta1"], hyper["AdamBeta2"]), matrix_lr=hyper["MatrixLR"], weight_decay=hyper["WeightDecay"])
    return model, optimizer


def main(train, path):
    torch.set_default_dtype(torch.float64)
    steps = json.load(open(path))
    model, optimizer = build(original(train), steps)
    weights, failed = by_name(model), False

    def report(what, off, limit):
        nonlocal failed
        failed |= not off <= limit
        print(f"{what:24} {off:10.3g}   want at most {limit:g}{'' if off <= limit else '   FAILED'}")

    def like(numbers, p):
        return torch.tensor(numbers).view(p.shape)

    report("parameters", abs(sum(p.numel() for p in model.parameters()) - steps["Plan"]["Parameters"]), 0)
    report("FLOPs per token", abs(model.estimate_flops() - steps["Plan"]["FLOPsPerToken"]), 0)
    with torch.no_grad():
        for name, p in weights.items():
            p.copy_(like(steps["Before"][name], p))
    for i, (tokens, scalars) in enumerate(zip(steps["Rows"], steps["Scalars"])):
        rows = torch.tensor(tokens).view(-1, steps["Plan"]["T"] + 1)
        model.zero_grad(set_to_none=True)
        loss = model(rows[:, :-1].contiguous(), rows[:, 1:].contiguous())
        loss.backward()
        report(f"nats of step {i + 1}", abs(loss.item() - steps["Nats"][i]), NATS)
        if i == 0:
            for name, p in weights.items():
                g = like(steps["FirstGradients"][name], p)
                report(f"gradient of {name}", ((g - p.grad).norm() / p.grad.norm()).item(), GRADIENT)
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * scalars["Rate"]
            if group["kind"] == "muon":
                group["momentum"], group["weight_decay"] = scalars["Momentum"], scalars["Decay"]
        optimizer.step()
    for name, p in weights.items():
        move = (p.data - like(steps["Before"][name], p)).norm()
        report(f"move of {name}", ((like(steps["After"][name], p) - p.data).norm() / move).item(), MOVE)
    sys.exit(failed)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
