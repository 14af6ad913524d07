#!/usr/bin/env python3
"""Whole training steps of this repository beside those of other programs, turn about on one machine, at T 128.

    python3 kernels/cpu/bench/peers.py [--threads 1] [--batch 16] [--rounds 4] [--torch PYTHON] [--llmc CHECKOUT]

--torch names a Python that has PyTorch (Debian: apt-get install python3-torch, then /usr/bin/python3); --llmc a checkout of
github.com/karpathy/llm.c, which is built with its own flags. Each program takes its turn in every round, and its fastest step of
all rounds counts. On one thread that is processor time, which a busy neighbour hardly changes; on more, the clock. GPT-2,
which llm.c trains, is less work a token than this model: no value embeddings, no gates, no Muon.
"""
import argparse
import array
import os
import re
import struct
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
T = 128
SHAPES = {"L2-C64-V2048": (2, 64, 2, 2048), "L4-C128-V1024": (4, 128, 4, 1024), "L6-C256-V1024": (6, 256, 4, 1024)}


def run(command, threads, cwd=None):
    env = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
    return subprocess.run(command, env=env, cwd=cwd, check=True, capture_output=True, text=True).stdout


class Ours:
    name = "bilevel"

    def __init__(self, scratch, threads, batch):
        self.binary, self.threads, self.batch = os.path.join(scratch, "ours"), threads, batch
        run(["go", "test", "-c", "-o", self.binary, "./kernels/cpu"], threads, ROOT)

    def seconds(self, shape):
        bench = f"^BenchmarkStep$/^{shape}$/^threads={self.threads}$"
        if self.threads == 1:
            bench = f"^BenchmarkStepOfPeak$/^{shape}$/^tokens={self.batch * T}$"  # processor time
        out = run([self.binary, "-test.run=^$", f"-test.bench={bench}", "-test.benchtime=1x", "-test.count=12"], self.threads, os.path.join(ROOT, "kernels", "cpu"))
        return self.batch * T / max(float(rate) for rate in re.findall(r"([\d.]+) tokens/s", out))


class Torch:
    def __init__(self, python, model, threads, batch):
        self.name, self.python, self.model, self.threads, self.batch = f"PyTorch, {model}", python, model, threads, batch

    def seconds(self, shape):
        sizes = [str(n) for n in (*SHAPES[shape], self.batch, self.threads, 12)]
        return float(run([self.python, os.path.join(HERE, "peer_torch.py"), self.model, *sizes], self.threads))


class LLMC:
    name = "llm.c train_gpt2"

    def __init__(self, checkout, scratch, threads, batch):
        self.folder, self.threads, self.batch = os.path.join(scratch, "llmc"), threads, batch
        subprocess.run(["cp", "-r", checkout, self.folder], check=True)
        source = os.path.join(self.folder, "train_gpt2.c")
        with open(source) as f:
            text = f.read()
        # Shape and length are written into its main; the sampling at step 20 needs GPT-2's tokenizer.
        for old, new in (("int B = 4;", f"int B = {batch};"), ("int T = 64;", f"int T = {T};"), ("step <= 40", "step <= 12")):
            if old not in text:
                raise SystemExit(f"{source}: no {old!r}; this checkout is not the llm.c that this script knows (f1e2ace)")
            text = text.replace(old, new)
        if threads == 1:
            text = text.replace("CLOCK_MONOTONIC", "CLOCK_PROCESS_CPUTIME_ID")
        with open(source, "w") as f:
            f.write(text)
        run(["make", "train_gpt2"], threads, self.folder)

    def seconds(self, shape):
        self.write(*SHAPES[shape])
        out = run(["./train_gpt2"], self.threads, self.folder)
        return min(float(ms) for ms in re.findall(r"took ([\d.]+) ms", out)) / 1e3

    def write(self, L, C, heads, V):
        """Writes a checkpoint (version 3) of this shape with small weights, and the token files that its main looks for."""
        sizes = [V * C, T * C, L * C, L * C, L * 3 * C * C, L * 3 * C, L * C * C, L * C, L * C, L * C, L * 4 * C * C, L * 4 * C, L * 4 * C * C, L * C, C, C]
        with open(os.path.join(self.folder, "gpt2_124M.bin"), "wb") as f:
            f.write(struct.pack("256i", 20240326, 3, T, V, L, heads, C, V, *[0] * 248))
            weights = array.array("f", (((i * 2654435761) % 1000 - 500) * 4e-5 for i in range(sum(sizes))))
            weights.tofile(f)
        data = os.path.join(self.folder, "dev", "data", "tinyshakespeare")
        os.makedirs(data, exist_ok=True)
        count = self.batch * T * 20 + 1
        for part in ("train", "val"):
            with open(os.path.join(data, f"tiny_shakespeare_{part}.bin"), "wb") as f:
                f.write(struct.pack("256i", 20240520, 1, count, *[0] * 253))
                f.write(struct.pack(f"{count}H", *[(i * 2654435761 >> 7) % V for i in range(count)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16, choices=(8, 16), help="sequences a step; on several threads 16")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--torch", metavar="PYTHON")
    parser.add_argument("--llmc", metavar="CHECKOUT")
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    args = parser.parse_args()
    if args.threads > 1 and args.batch != 16:
        parser.error("on several threads BenchmarkStep has 16 sequences a step: leave --batch away")
    with tempfile.TemporaryDirectory() as scratch:
        programs = [Ours(scratch, args.threads, args.batch)]
        if args.torch:
            programs += [Torch(args.torch, "this", args.threads, args.batch), Torch(args.torch, "gpt2", args.threads, args.batch)]
        if args.llmc:
            programs.append(LLMC(args.llmc, scratch, args.threads, args.batch))
        for shape in args.shapes:
            fastest = [float("inf")] * len(programs)
            for _ in range(args.rounds):
                fastest = [min(s, p.seconds(shape)) for s, p in zip(fastest, programs)]
            print(f"{shape}, {args.threads} thread(s), {args.batch * T} tokens a step")
            for s, p in zip(fastest, programs):
                print(f"  {p.name:20s} {args.batch * T / s:10.0f} tokens/s   bilevel is {s / fastest[0]:5.2f} times as fast")


main()
