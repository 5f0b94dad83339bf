#!/usr/bin/env python3
"""./run bench: MassFace and PyTorch on this machine, in one run, in turns.

For each kind of work (a training step, inference) every round measures massface and then each peer, so that a machine
that slows down slows all of them; the table gives the median of the rounds and their spread. Run by tools/bench.sh.
"""

import argparse
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import warnings

IDENTITIES = 1207  # of the classifier, as in src/benchmark/step.cpp


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("--massface", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--backbone", default="mobilefacenet_massface")
    parser.add_argument("--batch", type=int, default=64)
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--threads", type=int, default=cores, help="of every program (default: the cores)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement in a round")
    parser.add_argument("--no-compile", action="store_true", help="leave out torch.compile, which takes a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object to standard output")
    return parser.parse_args()


def say(text):
    print(text, file=sys.stderr, flush=True)


def massface_benchmark(arguments, kind):
    command = [arguments.massface, "benchmark", kind, "--json", "--seconds", str(arguments.seconds)]
    if kind != "decode":
        command += ["--batch", str(arguments.batch), "--backbone", arguments.backbone]
        command += ["--threads", str(arguments.threads)]
    environment = dict(os.environ, LD_LIBRARY_PATH=os.environ.get("MASSFACE_LD_LIBRARY_PATH", ""))
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if finished.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with exit code {finished.returncode}; its words are above.")
    return json.loads(finished.stdout)


def load_peers(arguments):
    """The module of the peers, or None and the reason said."""
    try:
        # NumPy and Triton are not in the environment, and nothing here uses them.
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
        import torch

        import bench_pytorch
    except (ImportError, OSError) as error:
        say(f"No PyTorch to compare with: {error}")
        return None
    logging.getLogger("torch").setLevel(logging.ERROR)
    torch.set_num_threads(arguments.threads)
    return bench_pytorch


def can_compile():
    header = os.path.join(sysconfig.get_paths()["include"], "Python.h")
    if shutil.which("g++") and os.path.exists(header):
        return True
    say("torch.compile is left out: it needs g++ and Python's headers (Debian: python3-dev).")
    return False


def measure(arguments, kind, peers_module):
    """Returns {name: [images/s of each round]} and massface's last report."""
    peers = []
    if peers_module:
        compiled = not arguments.no_compile and can_compile()
        peers = list(peers_module.make_peers(kind, arguments.backbone, arguments.batch, IDENTITIES, compiled))
        for peer in peers:
            say(f"{kind}: warming up {peer.name} ...")
            peer.images_per_second(kind, 1.0)
    speeds = {"massface": [], **{peer.name: [] for peer in peers}}
    for i in range(arguments.rounds):
        say(f"{kind}: round {i + 1} of {arguments.rounds} ...")
        report = massface_benchmark(arguments, kind)
        speeds["massface"].append(report["images_per_second"])
        for peer in peers:
            speeds[peer.name].append(peer.images_per_second(kind, arguments.seconds))
    return speeds, report


def table(kind, speeds, report):
    ours = statistics.median(speeds["massface"])
    lines = [f"{kind:<32}{'images/s':>10}{'spread':>16}{'massface is':>14}"]
    for name, rounds in speeds.items():
        median = statistics.median(rounds)
        spread = f"{min(rounds):.1f} - {max(rounds):.1f}"
        ratio = "" if name == "massface" else f"{ours / median:.2f} x"
        lines.append(f"  {name:<30}{median:>10.1f}{spread:>16}{ratio:>14}")
    if "fraction_of_peak" in report:
        lines.append(f"  massface reaches {report['fraction_of_peak']:.0%} of this machine's measured FMA peak.")
    return "\n".join(lines)


def decode_table(report):
    ours, bare = report["images_per_second"], report["bare_images_per_second"]
    lines = [f"{'decode, 112x112 JPEG':<32}{'images/s':>10}{'':>16}{'massface is':>14}"]
    lines.append(f"  {'massface':<30}{ours:>10.0f}")
    # The median of the turns' own ratios: not always the ratio of the two medians.
    lines.append(f"  {'a bare loop of TurboJPEG':<30}{bare:>10.0f}{'':>16}{report['fraction_of_peak']:>12.2f} x")
    return "\n".join(lines)


def main():
    arguments = parse_arguments()
    peers_module = load_peers(arguments)
    if peers_module:
        say(f"PyTorch's {arguments.backbone}: {peers_module.count_parameters(arguments.backbone):,} parameters")
    say(f"{arguments.backbone}, batch {arguments.batch}, {arguments.threads} threads; "
        f"medians of {arguments.rounds} rounds")
    result = {}
    # Each table as soon as it is measured: a mistake later must not cost it.
    show = (lambda text: None) if arguments.json else (lambda text: print(f"\n{text}", flush=True))
    for kind in ("step", "inference"):
        speeds, report = measure(arguments, kind, peers_module)
        result[kind] = {"massface": report, "images_per_second_of_rounds": speeds}
        show(table(kind, speeds, report))
    result["decode"] = {"massface": massface_benchmark(arguments, "decode")}
    show(decode_table(result["decode"]["massface"]))
    if arguments.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
