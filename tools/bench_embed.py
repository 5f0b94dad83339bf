#!/usr/bin/env python3
"""./run bench embed: compares the speed of `massface embed` with facenet-pytorch, from photographs to embeddings.

Both find faces with MTCNN and embed them with the same InceptionResnetV1 of random weights, which massface imports from
facenet-pytorch; massface is also timed with a network of its own (--model), if one is given. Every round times each
program on the same photographs, in turns; facenet-pytorch keeps its process, and massface starts anew. The table shows
the medians of the rounds. If other work runs on the same cores, set OMP_WAIT_POLICY=passive to keep the peer from
wasting its time spinning. Run by tools/bench.sh.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import types

from bench_align import chosen_photographs, link_photographs, say


def parse_arguments():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    data = os.environ.get("MASSFACE_DATA", os.path.join(here, "..", "shared", "data"))
    parser = argparse.ArgumentParser(prog="./run bench embed", description=__doc__.split("\n\n")[0])
    parser.add_argument("--massface", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--photographs", default=os.path.join(data, "lfw-raw-folds1to5"),
                        help="folder of photographs, searched recursively")
    parser.add_argument("--every", type=int, default=20, help="use every Nth photograph (1: all)")
    parser.add_argument("--model", help="also time massface with these weights")
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--threads", type=int, default=cores, help="threads of both programs (default: one per core)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peer", action="store_true", help="measure only massface, with --model")
    parser.add_argument("--json", action="store_true", help="print one JSON object to standard output")
    arguments = parser.parse_args()
    if arguments.every < 1 or arguments.rounds < 1 or arguments.threads < 1:
        parser.error("--every, --rounds and --threads must be at least 1")
    if arguments.no_peer and not arguments.model:
        parser.error("--no-peer leaves nothing to measure without --model")
    return arguments


def massface(arguments, words):
    command = [arguments.massface, *words]
    environment = dict(os.environ, LD_LIBRARY_PATH=os.environ.get("MASSFACE_LD_LIBRARY_PATH", ""))
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if finished.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with exit code {finished.returncode}; see its output above.")
    return finished.stdout


def embed(arguments, source, weights, folder):
    """Returns the seconds of the whole command, and its report."""
    out = os.path.join(folder, "faces.npy")
    start = time.perf_counter()
    report = json.loads(massface(arguments, ["embed", source, "--model", weights, "--flip", "none", "--out", out, "--threads",
                                             str(arguments.threads), "--json"]))
    seconds = time.perf_counter() - start
    os.remove(out)
    os.remove(os.path.join(folder, "faces.jsonl"))
    return seconds, report


class FacenetPytorch:
    """MTCNN and InceptionResnetV1, used as the package's own examples use them."""

    def __init__(self, threads):
        # The package imports requests to download networks' weights; MTCNN's come with the package.
        for name in ("requests", "requests.adapters"):
            sys.modules.setdefault(name, types.ModuleType(name))
        sys.modules["requests.adapters"].HTTPAdapter = object
        import torch
        from PIL import Image
        from facenet_pytorch import MTCNN, InceptionResnetV1
        torch.set_num_threads(threads)
        torch.manual_seed(1)
        self.torch, self.open = torch, Image.open
        self.detector = MTCNN(keep_all=True, device="cpu")
        self.network = InceptionResnetV1(pretrained=None).eval()

    def save(self, path):
        state = self.network.state_dict()
        self.torch.save({name: value for name, value in state.items() if not name.startswith("logits")}, path)

    def embed(self, file):
        with self.torch.no_grad():
            crops = self.detector(self.open(file).convert("RGB"))
            return None if crops is None else self.network(crops)


def make_peer(arguments):
    if arguments.no_peer:
        return None
    try:
        return FacenetPytorch(arguments.threads)
    except (ImportError, OSError) as error:
        say(f"No facenet-pytorch to compare with: {error}")
        return None


def measure(arguments, photographs, folder):
    source = os.path.join(folder, "photographs")
    link_photographs(arguments, photographs, source)
    files = [os.path.join(arguments.photographs, name) for name in photographs]
    peer = make_peer(arguments)
    weights = {}
    if peer:
        peer.save(os.path.join(folder, "network.pt"))
        weights["massface, the same network"] = os.path.join(folder, "network.safetensors")
        massface(arguments, ["import", os.path.join(folder, "network.pt"), "--backbone",
                             "inception_resnet_v1", "--out", weights["massface, the same network"]])
        peer.embed(files[0])
    if arguments.model:
        weights[f"massface, {os.path.basename(arguments.model)}"] = arguments.model
    if not weights:
        sys.exit("Nothing to measure: give massface weights with --model.")
    speeds, faces = {}, {}
    for i in range(arguments.rounds):
        for name, file in weights.items():
            say(f"round {i + 1} of {arguments.rounds}: {name} ...")
            seconds, report = embed(arguments, source, file, folder)
            speeds.setdefault(name, []).append(len(files) / seconds)
            faces[name] = report["faces"]
        if peer:
            say(f"round {i + 1} of {arguments.rounds}: facenet-pytorch ...")
            start = time.perf_counter()
            rows = [peer.embed(file) for file in files]
            speeds.setdefault("facenet-pytorch", []).append(len(files) / (time.perf_counter() - start))
            faces["facenet-pytorch"] = sum(len(found) for found in rows if found is not None)
    result = {"photographs": len(photographs), "threads": arguments.threads, "photographs_per_second_of_rounds": speeds,
              "faces": faces,
              "massface_peak_memory_bytes": 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}
    if peer:
        theirs = statistics.median(speeds["facenet-pytorch"])
        result["ratio_of_medians"] = {name: statistics.median(speeds[name]) / theirs for name in weights}
    return result


def print_table(result):
    print(f"{result['photographs']} photographs, {result['threads']} threads{'':<8}{'images/s':>10}{'spread':>16}{'faces':>8}")
    for name, rounds in result["photographs_per_second_of_rounds"].items():
        print(f"  {name:<32}{statistics.median(rounds):>10.1f}{f'{min(rounds):.1f} - {max(rounds):.1f}':>16}"
              f"{result['faces'][name]:>8}")
    for name, ratio in result.get("ratio_of_medians", {}).items():
        print(f"{name}: {ratio:.2f} times as fast as facenet-pytorch (ratio of the medians).")
    print(f"massface needs {result['massface_peak_memory_bytes'] / 1e6:.0f} MB at its peak.")


def main():
    arguments = parse_arguments()
    photographs = chosen_photographs(arguments)
    with tempfile.TemporaryDirectory(prefix="massface-bench-embed-") as folder:
        result = measure(arguments, photographs, folder)
    print(json.dumps(result)) if arguments.json else print_table(result)


if __name__ == "__main__":
    main()
