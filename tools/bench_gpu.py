#!/usr/bin/env python3
"""./run bench gpu: compares MassFace's triplet step on a GPU with the same step in PyTorch, eager and compiled.

Every round measures massface and then its peers; the table shows the medians of the rounds. Run by tools/bench.sh.
Needs a GPU, ./run setup --cuda and, for the peers, a PyTorch with CUDA (--python names an interpreter that has one).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

MARGIN = 0.3


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./run bench gpu", description=__doc__.split("\n\n")[0])
    parser.add_argument("--massface", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--backbone", default="mobilefacenet_massface")
    parser.add_argument("--identities", type=int, default=210)
    parser.add_argument("--images-per-identity", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="duration of each measurement in a round")
    parser.add_argument("--python", help="Python interpreter whose PyTorch has CUDA, for the peers")
    parser.add_argument("--only-peer", help=argparse.SUPPRESS)  # each peer runs in a process of its own
    parser.add_argument("--json", action="store_true", help="print one JSON object to standard output")
    return parser.parse_args()


def say(text):
    print(text, file=sys.stderr, flush=True)


def massface(arguments, cuda_graphs):
    command = [arguments.massface, "benchmark", "gpu", "--json", "--device", arguments.device]
    flags = {
        "backbone": arguments.backbone,
        "identities": arguments.identities,
        "images-per-identity": arguments.images_per_identity,
        "margin": MARGIN,
        "cuda-graphs": cuda_graphs,
        "seconds": arguments.seconds,
    }
    for name, value in flags.items():
        command += ["--" + name, str(value)]
    environment = dict(os.environ, LD_LIBRARY_PATH=os.environ.get("MASSFACE_LD_LIBRARY_PATH", ""))
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if finished.returncode != 0:
        sys.exit(finished.returncode)  # massface has printed the reason
    return json.loads(finished.stdout)


def batch_hardest(embeddings, labels):
    """Returns the mean loss over the active triplets. Each anchor forms one triplet, with its farthest positive and its
    nearest negative; distances are squared L2."""
    import torch

    unit = torch.nn.functional.normalize(embeddings.float())
    distances = (2 - 2 * unit @ unit.T).clamp_min(0)
    same = labels[:, None] == labels[None, :]
    positives = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    farthest = distances.masked_fill(~positives, -1).amax(1)
    nearest = distances.masked_fill(same, 9).amin(1)
    losses = torch.relu(farthest + MARGIN - nearest)
    return losses.sum() / (losses > 0).sum().clamp_min(1)


class Peer:
    """The step as a PyTorch user would write it, on images in the GPU's memory: flipped, normalised, bf16 autocast,
    channels-last, fused SGD."""

    def __init__(self, arguments, compiled):
        import torch
        from bench_pytorch import IMAGE_SIZE, make_network

        torch.manual_seed(1)
        self.batch = arguments.identities * arguments.images_per_identity
        device = torch.device(arguments.device)
        self.network = make_network(arguments.backbone).to(device, memory_format=torch.channels_last).train()
        # The rate is small, so that many steps on the same noise do not lead to infinite numbers.
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=1e-4, momentum=0.9, weight_decay=5e-4, fused=True)
        shape = (20000, IMAGE_SIZE, IMAGE_SIZE, 3)
        self.stored = torch.randint(0, 256, shape, dtype=torch.uint8, device=device)
        self.labels = torch.arange(arguments.identities, device=device).repeat_interleave(arguments.images_per_identity)
        self.step_number = 0

        def loss(images, flips):
            pixels = torch.where(flips[:, None, None, None], images.flip(2), images)
            pixels = ((pixels.float() - 127.5) / 128).permute(0, 3, 1, 2)
            with torch.autocast("cuda", torch.bfloat16):
                embeddings = self.network(pixels)
            return batch_hardest(embeddings, self.labels)

        self.loss = torch.compile(loss, mode="max-autotune") if compiled else loss

    def step(self):
        import torch

        rows = (torch.arange(self.batch, device=self.labels.device) + self.step_number * self.batch) % len(self.stored)
        flips = torch.rand(self.batch, device=self.labels.device) < 0.5
        self.step_number += 1
        self.optimizer.zero_grad()
        loss = self.loss(self.stored[rows], flips)
        loss.backward()
        self.optimizer.step()
        return loss.item()  # waits for the GPU, as massface does

    def milliseconds(self, seconds):
        for _ in range(10):
            self.step()
        times = []
        while sum(times) < seconds or len(times) < 3:
            start = time.perf_counter()
            self.step()
            times.append(time.perf_counter() - start)
        return 1e3 * statistics.median(times)


PEERS = {"PyTorch eager, bf16, channels_last": False, "torch.compile max-autotune": True}


def measure_peer_here(arguments):
    print(json.dumps(Peer(arguments, PEERS[arguments.only_peer]).milliseconds(arguments.seconds)))


def peer_milliseconds(arguments, name):
    """Returns None, after printing the reason, if the peer cannot be measured."""
    command = [arguments.python or sys.executable, __file__, *sys.argv[1:], "--only-peer", name]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if finished.returncode == 0:
        return json.loads(finished.stdout.splitlines()[-1])
    say(f"{name} could not be measured; see its output above.")
    return None


def measure(arguments):
    times, last = {}, None
    for number in range(arguments.rounds):
        for name, graphs in {"massface": "on", "massface, without CUDA graphs": "off"}.items():
            say(f"round {number + 1} of {arguments.rounds}: {name}")
            result = massface(arguments, graphs)
            times.setdefault(name, []).append(result["milliseconds"])
            last = result if graphs == "on" else last
        for name in PEERS:
            if name in times and times[name] is None:
                continue
            say(f"round {number + 1} of {arguments.rounds}: {name}")
            took = peer_milliseconds(arguments, name)
            times[name] = None if took is None else times.get(name, []) + [took]
    return {name: statistics.median(values) for name, values in times.items() if values}, last


def main():
    arguments = parse_arguments()
    if arguments.only_peer:
        return measure_peer_here(arguments)
    medians, last = measure(arguments)
    if arguments.json:
        print(json.dumps({"benchmark": "gpu", "device": last["device"], "images": last["images"], "milliseconds": medians,
                          "mining_milliseconds": last["mining_milliseconds"],
                          "augmentation_milliseconds": last["augmentation_milliseconds"]}, indent=2))  # fmt: skip
        return
    print(f"{arguments.backbone}, {last['images']} images, bf16, batch-hardest, on {last['device']}")
    for name, milliseconds in medians.items():
        print(f"  {name:<36}{milliseconds:9.3f} ms  {milliseconds / medians['massface']:6.2f} x massface")
    print(f"  mining, loss and its gradient       {last['mining_milliseconds']:9.3f} ms  (goal: 0.3)")
    print(f"  goal for the step on an H200         15.000 ms")


if __name__ == "__main__":
    main()
