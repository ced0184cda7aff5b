"""What a training step costs on a processor, with and without what hairline.nn.training.processors spares.

    python benchmarks/processor_steps.py --rounds 3

U-Net on EfficientNet-Lite0 as it ships, 8 crops of 256 px, bfloat16 autocast (which pays where the processor has
AVX512-BF16 or AMX). Each figure comes from a process of its own; the ways take turns.
Milliseconds of wall-clock and of processor time a step, page faults a step and most memory, medians of the rounds.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from contextlib import nullcontext

WAYS = ("plain", "depthwise")
WARM, STEPS = 3, 8


def main() -> None:
    """Print a table of all ways, or, as a child process, the figures of one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        print(json.dumps(measured(given.way)))
        return
    found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for _ in range(given.rounds):
        for way in WAYS:
            said = subprocess.run([sys.executable, __file__, "--way", way], check=True, capture_output=True, text=True)
            found[way].append(json.loads(said.stdout))
    print("| way | ms a step | processor ms | page faults | MB | times plain |\n| --- | --- | --- | --- | --- | --- |")
    plain = statistics.median(figures[0] for figures in found["plain"])
    for way, rounds in found.items():
        wall, processor, faults, most = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"| {way} | {wall:.0f} | {processor:.0f} | {faults:.0f} | {most:.0f} | {wall / plain:.2f} |")


def measured(way: str) -> list[float]:
    """Milliseconds, milliseconds of the processor and page faults, each a step, and the most memory in MB."""
    import torch

    from hairline.nn.architectures import unet
    from hairline.nn.training import processors

    torch.manual_seed(0)
    options = unet.Options("tu-tf_efficientnet_lite0", decoder_channels=(128, 64, 48, 32, 16))
    network = unet.build(options, "none")[0].train().to(memory_format=torch.channels_last)
    images = torch.randint(0, 256, (8, 256, 256, 3), dtype=torch.uint8).permute(0, 3, 1, 2)
    targets = (torch.rand(8, 256, 256) < 0.05).float()
    optimizer = torch.optim.AdamW(network.parameters(), 1e-4)

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            answer = network(images)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(answer.float().reshape(targets.shape), targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    with processors.depthwise_in_float32(network) if way == "depthwise" else nullcontext():
        for _ in range(WARM):
            step()
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        for _ in range(STEPS):
            step()
        after, ended = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    faults = (after.ru_minflt - before.ru_minflt) / STEPS
    return [(ended - began) / STEPS * 1e3, spent / STEPS * 1e3, faults, after.ru_maxrss / 1024]


if __name__ == "__main__":
    main()
