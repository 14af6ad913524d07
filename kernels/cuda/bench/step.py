"""The same optimizer step in PyTorch, for comparison only: tokens per second of the published model on one GPU.

    python3 kernels/cuda/bench/step.py [--depth 8] [--aspect 64] [--head 128] [--batch 128] [--tokens 524288] [--steps 10]

Compiled with torch.compile; attention by FlexAttention with a block mask, so that windows are skipped and not masked; Muon over
matrices stacked by shape. Random tokens, since speed does not depend on them. It has not been run for this repository yet.
"""

import argparse
import time

import torch
import torch.nn.functional as F
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

T, V, GATES, CAP = 2048, 8192, 32, 15.0
POLAR_EXPRESS = [
    (8.156554524902461, -22.48329292557795, 15.878769915207462),
    (4.042929935166739, -2.808917465908714, 0.5000178451051316),
    (3.8916678022926607, -2.772484153217685, 0.5060648178503393),
    (3.285753657755655, -2.3681294933425376, 0.46449024233003106),
    (2.3465413258596377, -1.7097828382687081, 0.42323551169305323),
]


def norm(x):
    return F.rms_norm(x, (x.size(-1),))


class Model(torch.nn.Module):
    """Weights are float32; products and activations bfloat16, by autocast."""

    def __init__(self, depth, width, head):
        super().__init__()
        self.depth, self.heads, self.head = depth, width // head, head
        bound = (3 / width) ** 0.5

        def uniform(rows, cols):
            return torch.nn.Parameter(torch.empty(rows, cols).uniform_(-bound, bound))

        def zero(rows, cols):
            return torch.nn.Parameter(torch.zeros(rows, cols))

        self.wte = torch.nn.Parameter(torch.randn(V, width))
        self.out = torch.nn.Parameter(torch.randn(V, width) * 0.001)
        self.resid = torch.nn.Parameter(torch.ones(depth))
        self.skip = torch.nn.Parameter(torch.full((depth,), 0.1))
        self.layers = torch.nn.ModuleList()
        for i in range(depth):
            w = {"q": uniform(width, width), "k": uniform(width, width), "v": uniform(width, width), "o": zero(width, width),
                 "fc": uniform(4 * width, width), "proj": zero(width, 4 * width)}
            if i % 2 == (depth - 1) % 2:
                w |= {"gate": zero(self.heads, GATES), "values": uniform(V, width)}
            self.layers.append(torch.nn.ParameterDict(w))
        t = torch.arange(T)[:, None] * 10000.0 ** (-torch.arange(0, head, 2) / head)
        self.register_buffer("cos", t.cos()[None, :, None].bfloat16())
        self.register_buffer("sin", t.sin()[None, :, None].bfloat16())
        self.masks = {}

    def make_masks(self):
        """Before forward is compiled, which should not trace this."""
        for window in (T, T // 2):
            def seen(b, h, q, k, window=window):
                return (q >= k) & (q - k <= window)
            self.masks[window] = create_block_mask(seen, None, None, T, T, device=self.cos.device)

    def turn(self, x):
        a, b = x.chunk(2, -1)
        return norm(torch.cat([a * self.cos + b * self.sin, b * self.cos - a * self.sin], -1))

    def forward(self, ids, targets):
        x = x0 = norm(F.embedding(ids, self.wte).bfloat16())
        for i, w in enumerate(self.layers):
            x = self.resid[i].bfloat16() * x + self.skip[i].bfloat16() * x0
            h = norm(x)
            q, k, v = (F.linear(h, w[n]).view(*ids.shape, self.heads, self.head) for n in "qkv")
            if "values" in w:
                gate = 2 * torch.sigmoid(F.linear(h[..., :GATES], w["gate"]))
                v = v + gate[..., None] * F.embedding(ids, w["values"]).bfloat16().view_as(v)
            short = i < self.depth - 1 and i % 4 != 3
            y = flex_attention(*(z.transpose(1, 2) for z in (self.turn(q), self.turn(k), v)), block_mask=self.masks[T // 2 if short else T])
            x = x + F.linear(y.transpose(1, 2).reshape(x.shape), w["o"])
            x = x + F.linear(F.relu(F.linear(norm(x), w["fc"])).square(), w["proj"])
        logits = CAP * torch.tanh(F.linear(norm(x), self.out).float() / CAP)
        return F.cross_entropy(logits.view(-1, V), targets.view(-1))


@torch.compile
def polar_express(x):
    x = x.bfloat16()
    x = x / (x.norm(dim=(-2, -1), keepdim=True) * 1.02 + 1e-6)
    tall = x.size(-2) > x.size(-1)
    for a, b, c in POLAR_EXPRESS:
        gram = x.mT @ x if tall else x @ x.mT
        poly = b * gram + c * (gram @ gram)
        x = a * x + (x @ poly if tall else poly @ x)
    return x


@torch.compile
def muon(p, g, m, second, rate, momentum, decay):
    m.lerp_(g, 1 - momentum)
    u = polar_express(g.lerp(m, momentum)).float()
    dim = -1 if u.size(-2) >= u.size(-1) else -2
    mean = u.square().mean(dim, keepdim=True)
    second.lerp_(mean, 0.05)
    step = second.clamp_min(1e-10).rsqrt()
    before = mean.sum(dim=(-2, -1), keepdim=True)
    after = (mean * step.square()).sum(dim=(-2, -1), keepdim=True)
    u = u * step * (before / after).sqrt()
    p.sub_(rate * (u + decay * p * (u * p >= 0)))


class Muon:
    """Stacks matrices of one shape, as train.py does."""

    def __init__(self, parameters):
        shapes = {}
        for p in parameters:
            shapes.setdefault(p.shape, []).append(p)
        self.groups = []
        for (rows, cols), ps in shapes.items():
            m = torch.zeros(len(ps), rows, cols, device=ps[0].device)
            second = torch.zeros(len(ps), rows, 1, device=m.device) if rows >= cols else torch.zeros(len(ps), 1, cols, device=m.device)
            self.groups.append((ps, m, second, 0.04 * max(1, rows / cols) ** 0.5))

    def step(self):
        for ps, m, second, rate in self.groups:
            p = torch.stack([x.data for x in ps])
            muon(p, torch.stack([x.grad for x in ps]), m, second, rate, 0.9, 0.2)
            torch._foreach_copy_([x.data for x in ps], list(p.unbind(0)))


def main():
    a = argparse.ArgumentParser()
    for name, value in (("depth", 8), ("aspect", 64), ("head", 128), ("batch", 128), ("tokens", 1 << 19), ("steps", 10)):
        a.add_argument("--" + name, type=int, default=value)
    a = a.parse_args()
    width = -(-a.depth * a.aspect // a.head) * a.head
    torch.manual_seed(1)
    model = Model(a.depth, width, a.head).cuda()
    model.make_masks()
    step = torch.compile(model)
    small = [model.wte, model.out, model.resid, model.skip] + [w["values"] for w in model.layers if "values" in w]
    adam = torch.optim.AdamW(small, lr=0.01, betas=(0.8, 0.95), eps=1e-10, weight_decay=0, fused=True)
    matrices = Muon([p for w in model.layers for n, p in w.items() if n != "values"])
    micro = a.tokens // (a.batch * T)
    rows = torch.randint(V, (a.batch, T + 1), device="cuda")

    def train():
        for _ in range(micro):
            with torch.autocast("cuda", torch.bfloat16):
                loss = step(rows[:, :-1], rows[:, 1:]) / micro
            loss.backward()
        adam.step()
        matrices.step()
        model.zero_grad(set_to_none=True)

    for _ in range(3):
        train()
    torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(a.steps):
        train()
    torch.cuda.synchronize()
    seconds = (time.perf_counter() - began) / a.steps
    read = sum(p.numel() for w in model.layers for n, p in w.items() if n != "values") + model.out.numel()
    windows = [T if i == a.depth - 1 or i % 4 == 3 else T // 2 for i in range(a.depth)]
    flops = (6 * read + sum(12 * width * w for w in windows)) * a.tokens
    print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}: {a.tokens / seconds:.0f} tokens/s, {flops / seconds / 1e12:.1f} TFLOP/s, {1e3 * seconds:.1f} ms a step")


if __name__ == "__main__":
    main()
