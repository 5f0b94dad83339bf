#!/usr/bin/env python3
"""./run bench: compares the speed of MassFace, PyTorch and onnxruntime on this machine, taking turns in one run.

For each kind of work (a training step, inference, the inference of one face), every round measures massface and then each peer, so that a machine
that slows down affects all of them. The table shows the median of the rounds and their spread. Run by tools/bench.sh.
"""

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
import sysconfig
import warnings

import bench_compare
import bench_table

IDENTITIES = 1207  # of the classifier, as in src/benchmark/measured_step.cpp


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("--massface", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--backbone", default="mobilefacenet_massface")
    parser.add_argument("--batch", type=int, default=64)
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--threads", type=int, default=cores, help="threads of every program (default: one per core)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="duration of each measurement in a round")
    parser.add_argument("--no-compile", action="store_true", help="skip torch.compile, which takes a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object to standard output")
    parser.add_argument("--compare", metavar="FILE",
                        help="the --json output of an earlier run: compare massface's ratios to a peer and to the "
                             "machine's limit with it, and exit with 1 if one of them fell")
    parser.add_argument("--tolerance", type=float, default=0.1, help="how far a ratio may fall (default: 0.1, 10 %%)")
    arguments = parser.parse_args()
    for name in ("batch", "threads", "rounds"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} is {getattr(arguments, name)}; give 1 or more")
    if not 0 <= arguments.tolerance < 1:
        parser.error(f"--tolerance is {arguments.tolerance}; give a fraction from 0 to below 1, such as 0.1")
    return arguments


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_massface(arguments, *words):
    command = [arguments.massface, *words]
    environment = dict(os.environ, LD_LIBRARY_PATH=os.environ.get("MASSFACE_LD_LIBRARY_PATH", ""))
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if finished.returncode != 0:
        say(f"{' '.join(command)} ended with exit code {finished.returncode}; see its output above.")
        sys.exit(1)
    return finished.stdout


# Of massface, for each kind: bf16 must never be slower than float32, so it is measured on every processor.
WAYS = {bench_table.OURS: [], bench_table.OURS + bench_table.BF16: ["--precision", "bf16"]}


def batch_of(arguments, kind):
    return 1 if kind == "one face" else arguments.batch


def massface_benchmark(arguments, kind, flags=()):
    verb = "inference" if kind == "one face" else kind
    words = ["benchmark", verb, "--json", "--seconds", str(arguments.seconds), "--threads", str(arguments.threads)]
    if kind != "decode":
        words += ["--batch", str(batch_of(arguments, kind)), "--backbone", arguments.backbone]
    return json.loads(run_massface(arguments, *words, *flags))


def peers_have_bf16():
    """Returns whether PyTorch's bf16 is worth measuring: without these instructions, it is ten times slower."""
    return bool({"avx512_bf16", "amx_bf16"} & set(bench_table.machine()["vector_instructions"]))


def load_pytorch(arguments):
    """Returns the module of the PyTorch peers, or None after printing the reason."""
    try:
        # Triton is not in the environment, and nothing here uses it.
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
        import torch

        import bench_pytorch
    except (ImportError, OSError) as error:
        say(f"No PyTorch to compare with: {error}")
        return None
    logging.getLogger("torch").setLevel(logging.ERROR)
    torch.set_num_threads(arguments.threads)
    say(f"PyTorch's {arguments.backbone}: {bench_pytorch.count_parameters(arguments.backbone):,} parameters")
    return bench_pytorch


def can_compile():
    header = os.path.join(sysconfig.get_paths()["include"], "Python.h")
    if shutil.which("g++") and os.path.exists(header):
        return True
    say("torch.compile is skipped: it needs g++ and Python's headers (Debian: python3-dev).")
    return False


def make_onnxruntime(arguments, batch):
    """Returns [the peer], or [] after printing the reason."""
    try:
        import bench_onnxruntime

        return [bench_onnxruntime.OnnxRuntimePeer(arguments.backbone, batch, arguments.threads)]
    except Exception as error:  # whatever the exporter raises, the other peers are still measured
        say(f"onnxruntime is skipped: {type(error).__name__}: {error}")
        return []


def make_peers(arguments, kind, pytorch):
    if not pytorch:
        return []
    compiled = not arguments.no_compile and can_compile()
    batch = batch_of(arguments, kind)
    peers = list(pytorch.make_peers(arguments.backbone, batch, IDENTITIES, compiled, peers_have_bf16()))
    if kind != "step":
        peers += make_onnxruntime(arguments, batch)
    return peers


def measure(arguments, kind, pytorch):
    peers = make_peers(arguments, kind, pytorch)
    for peer in peers:
        say(f"{kind}: warming up {peer.name} ...")
        peer.images_per_second(kind, 1.0)
    speeds = {name: [] for name in [*WAYS, *(peer.name for peer in peers)]}
    reports, peaks = {}, []
    for i in range(arguments.rounds):
        say(f"{kind}: round {i + 1} of {arguments.rounds} ...")
        for name, flags in WAYS.items():
            reports[name] = massface_benchmark(arguments, kind, flags)
            speeds[name].append(reports[name]["images_per_second"])
        peaks.append(reports[bench_table.OURS]["peak_gflops"])
        for peer in peers:
            speeds[peer.name].append(peer.images_per_second(kind, arguments.seconds))
    return bench_table.summary(speeds, reports, peaks)


def measure_all(arguments, show):
    result = {"format": bench_table.FORMAT, "machine": bench_table.machine(),
              **{name: getattr(arguments, name) for name in ("backbone", "batch", "threads", "rounds", "seconds")}}
    pytorch = load_pytorch(arguments)
    machine = result["machine"]
    show(f"{machine['cpu']}, {machine['cores']} cores, {' '.join(machine['vector_instructions'])}; "
         f"{arguments.backbone}, {arguments.threads} threads; "
         f"medians of {arguments.rounds} rounds")
    # Show each table as soon as it is measured, so that a later failure does not lose it.
    for kind in bench_table.KINDS:
        result[kind] = measure(arguments, kind, pytorch)
        show(bench_table.table(kind, result[kind], batch_of(arguments, kind)))
    result["decode"] = massface_benchmark(arguments, "decode")
    show(bench_table.decode_table(result["decode"]))
    return result


def main():
    arguments = parse_arguments()
    earlier = None
    try:
        if arguments.compare:
            earlier = bench_compare.read_earlier(arguments.compare)
            bench_compare.require_same_settings(arguments.compare, earlier, vars(arguments))
    except bench_compare.BadFile as error:
        say(f"Error: {error}")
        return 2
    # With --json, the tables only show the progress, and standard output holds nothing but the JSON object.
    show = (lambda text: say(f"\n{text}")) if arguments.json else (lambda text: print(f"\n{text}", flush=True))
    result = measure_all(arguments, show)
    fallen = []
    if earlier:
        text, fallen = bench_compare.compare(earlier, result, arguments.tolerance)
        show(text)
        say(bench_compare.verdict(fallen, arguments.tolerance))
        result["fallen"] = fallen
    if arguments.json:
        print(json.dumps(result))
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
