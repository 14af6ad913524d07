"""Training steps in PyTorch, eager, on the CPU: this repository's model with Muon and AdamW, or a GPT-2 with AdamW.

    python3 peer_torch.py {this,gpt2} LAYERS CHANNELS HEADS VOCABULARY BATCH THREADS STEPS

prints the seconds of the fastest step, of processor time on one thread and by the clock on more. T is 128. Random tokens do: the work does not depend on them.
"""
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

T = 128


def norm(x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 2.0**-23)


class Block(nn.Module):
    """A layer of this repository's model: see the table of operations in kernels/README.md."""

    def __init__(self, C, heads, V, window, values):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(C, C, bias=False) for _ in range(4))
        self.fc, self.proj = nn.Linear(C, 4 * C, bias=False), nn.Linear(4 * C, C, bias=False)
        self.values = nn.Embedding(V, C) if values else None
        self.gate = nn.Linear(min(32, C), heads, bias=False) if values else None
        d = torch.arange(T)[:, None] - torch.arange(T)[None]
        self.register_buffer("mask", torch.where((d >= 0) & (d <= window), 0.0, float("-inf")))

    def rope(self, x, cos, sin):
        a, b = x.chunk(2, -1)
        return torch.cat((a * cos + b * sin, b * cos - a * sin), -1)

    def forward(self, x, tokens, cos, sin):
        B, _, C = x.shape
        h = norm(x)
        q, k, v = (f(h).view(B, T, self.heads, -1) for f in (self.q, self.k, self.v))
        q, k = (self.rope(norm(y).transpose(1, 2), cos, sin) for y in (q, k))
        if self.values is not None:
            gate = 2 * torch.sigmoid(self.gate(h[..., :self.gate.in_features]))
            v = v + gate[..., None] * self.values(tokens).view_as(v)
        s = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + self.mask
        y = (s.softmax(-1) @ v.transpose(1, 2)).transpose(1, 2).reshape(B, T, C)
        x = x + self.o(y)
        return x + self.proj(F.relu(self.fc(norm(x))).square())


class This(nn.Module):
    def __init__(self, L, C, heads, V):
        super().__init__()
        self.wte, self.head = nn.Embedding(V, C), nn.Linear(C, V, bias=False)
        self.resid, self.skip = nn.Parameter(torch.ones(L)), nn.Parameter(torch.full((L,), 0.1))
        windows = [T if "SSSL"[i % 4] == "L" or i == L - 1 else T // 2 for i in range(L)]
        self.blocks = nn.ModuleList(Block(C, heads, V, w, i % 2 == (L - 1) % 2) for i, w in enumerate(windows))
        half = C // heads // 2
        angle = torch.arange(T)[:, None] * 10000.0 ** (-torch.arange(half) / half)
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())

    def forward(self, tokens, targets):
        x = x0 = norm(self.wte(tokens))
        for i, block in enumerate(self.blocks):
            x = block(self.resid[i] * x + self.skip[i] * x0, tokens, self.cos, self.sin)
        logits = 15 * torch.tanh(self.head(norm(x)) / 15)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))

    def optimizer(self):
        matrices = [p for n, p in self.blocks.named_parameters() if "values" not in n]
        chosen = {id(p) for p in matrices}
        adam = torch.optim.AdamW([p for p in self.parameters() if id(p) not in chosen], lr=1e-3, betas=(0.8, 0.95), eps=1e-10, weight_decay=0)
        muon = Muon(matrices)

        def step():
            adam.step()
            muon.step()
        return step


class Muon:
    """Momentum, five Polar Express iterations (arXiv 2505.16932), NorMuon's variance, cautious decay."""
    COEFFICIENTS = ((8.1566, -22.4833, 15.8788), (4.0429, -2.8089, 0.5), (3.8917, -2.7725, 0.5061), (3.2858, -2.3681, 0.4645), (2.3465, -1.7098, 0.4232))

    def __init__(self, matrices):
        self.state = [(p, torch.zeros_like(p), torch.zeros(max(p.shape))) for p in matrices]

    @torch.no_grad()
    def step(self):
        for p, m, second in self.state:
            m.lerp_(p.grad, 0.05)
            x = p.grad.lerp(m, 0.95)
            tall = x.shape[0] > x.shape[1]
            x = x / (x.norm() * 1.02 + 1e-6)
            for a, b, c in self.COEFFICIENTS:
                g = x.T @ x if tall else x @ x.T
                g = b * g + c * (g @ g)
                x = a * x + (x @ g if tall else g @ x)
            across = 1 if x.shape[0] >= x.shape[1] else 0
            second.lerp_(x.square().mean(across), 0.05)
            y = x * second.clamp_min(1e-10).rsqrt().unsqueeze(across)
            y = y * (x.norm() / y.norm().clamp_min(1e-10))
            p.sub_(0.02 * y + 0.004 * p * (y * p >= 0))


class Layer2(nn.Module):
    def __init__(self, C, heads):
        super().__init__()
        self.heads = heads
        self.n1, self.n2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.qkv, self.o, self.fc, self.proj = nn.Linear(C, 3 * C), nn.Linear(C, C), nn.Linear(C, 4 * C), nn.Linear(4 * C, C)
        self.register_buffer("mask", torch.full((T, T), float("-inf")).triu(1))

    def forward(self, x):
        B, _, C = x.shape
        q, k, v = (y.view(B, T, self.heads, -1).transpose(1, 2) for y in self.qkv(self.n1(x)).split(C, -1))
        s = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + self.mask).softmax(-1)
        x = x + self.o((s @ v).transpose(1, 2).reshape(B, T, C))
        return x + self.proj(F.gelu(self.fc(self.n2(x))))


class GPT2(nn.Module):
    def __init__(self, L, C, heads, V):
        super().__init__()
        self.wte, self.wpe, self.norm = nn.Embedding(V, C), nn.Parameter(torch.zeros(T, C)), nn.LayerNorm(C)
        self.blocks = nn.Sequential(*(Layer2(C, heads) for _ in range(L)))

    def forward(self, tokens, targets):
        logits = self.norm(self.blocks(self.wte(tokens) + self.wpe)) @ self.wte.weight.T
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))

    def optimizer(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-4).step


def main():
    L, C, heads, V, B, threads, steps = map(int, sys.argv[2:])
    torch.manual_seed(1)
    torch.set_num_threads(threads)
    model = {"this": This, "gpt2": GPT2}[sys.argv[1]](L, C, heads, V)
    step = model.optimizer()
    text = torch.randint(V, (B, T + 1))
    clock = time.process_time if threads == 1 else time.perf_counter
    fastest = float("inf")
    for _ in range(steps):
        start = clock()
        model.zero_grad(set_to_none=True)
        model(text[:, :-1], text[:, 1:]).backward()
        step()
        fastest = min(fastest, clock() - start)
    print(fastest)


main()
