#!/usr/bin/env python3
"""./run bench mining: the triplet strategies of MassFace, beside the products they are made of and beside
pytorch-metric-learning, on this machine, in one run.

Every round measures massface and then its peer; the table gives the medians of the rounds. Run by tools/bench.sh.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import registry

MARGIN = 0.2


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./run bench mining", description=__doc__.split("\n\n")[0])
    parser.add_argument("--massface", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, default=840)
    parser.add_argument("--dim", type=int, default=512)
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--threads", type=int, default=cores, help="of every program (default: the cores)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement in a round")
    parser.add_argument("--large", type=int, default=16384, help="batch of the large batch_all; 0 leaves it out")
    parser.add_argument("--offline", type=int, default=100000, help="embeddings of the offline search; 0 leaves it out")
    parser.add_argument("--json", action="store_true", help="print one JSON object to standard output")
    return parser.parse_args()


def say(text):
    print(text, file=sys.stderr, flush=True)


def massface(arguments, **flags):
    command = [arguments.massface, "benchmark", "mining", "--json", "--threads", str(arguments.threads)]
    for name, value in {"dim": arguments.dim, "margin": MARGIN, "seconds": arguments.seconds, **flags}.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    environment = dict(os.environ, LD_LIBRARY_PATH=os.environ.get("MASSFACE_LD_LIBRARY_PATH", ""))
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if finished.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with exit code {finished.returncode}; its words are above.")
    return json.loads(finished.stdout)


def make_peers(arguments):
    """{strategy: a call that mines, computes the loss and its gradient}, empty (and why, said) without the peer."""
    try:
        import torch
        from pytorch_metric_learning import distances, losses, miners, reducers
    except (ImportError, OSError) as error:
        say(f"No pytorch-metric-learning to compare with: {error}")
        return {}
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    # As src/benchmark/mining.cpp makes them: four images around each centre.
    labels = torch.arange(arguments.batch) // 4
    centres = torch.randn(int(labels[-1]) + 1, arguments.dim)
    embeddings = torch.nn.functional.normalize(centres[labels] + 2.5 * torch.randn(arguments.batch, arguments.dim))
    squared_l2 = distances.LpDistance(normalize_embeddings=False, p=2, power=2)
    loss = losses.TripletMarginLoss(MARGIN, distance=squared_l2, reducer=reducers.AvgNonZeroReducer())
    chosen = {
        "batch_all": miners.TripletMarginMiner(MARGIN, type_of_triplets="all", distance=squared_l2),
        "batch_hardest": miners.BatchHardMiner(distance=squared_l2),
    }

    def step_with(miner):
        def step():
            leaf = embeddings.clone().requires_grad_(True)
            loss(leaf, labels, miner(leaf, labels)).backward()

        return step

    return {strategy: step_with(miner) for strategy, miner in chosen.items()}


def milliseconds_of(step, seconds):
    step()
    times = []
    while sum(times) < seconds or len(times) < 3:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def measure(arguments, peers):
    rows = {}
    for i in range(arguments.rounds):
        say(f"round {i + 1} of {arguments.rounds} ...")
        for strategy in registry.strategies(arguments.massface):
            row = rows.setdefault(strategy, {"milliseconds": [], "products_milliseconds": [], "peer_milliseconds": []})
            report = massface(arguments, strategy=strategy, batch=arguments.batch)
            row["milliseconds"].append(report["milliseconds"])
            row["products_milliseconds"].append(report["products_milliseconds"])
            row["selected"] = report["selected"]
            row["peak_memory_bytes"] = report["peak_memory_bytes"]
            if strategy in peers:
                row["peer_milliseconds"].append(milliseconds_of(peers[strategy], arguments.seconds))
    return rows


def table(arguments, rows):
    lines = [f"batch {arguments.batch}, {arguments.dim}-d, {arguments.threads} threads: selection, loss and backward"]
    lines.append(f"{'strategy':<18}{'triplets':>10}{'ms':>9}{'products ms':>13}{'ratio':>8}{'peer ms':>10}{'faster':>9}")
    for strategy, row in rows.items():
        ours = statistics.median(row["milliseconds"])
        products = statistics.median(row["products_milliseconds"])
        line = f"{strategy:<18}{row['selected']:>10}{ours:>9.2f}{products:>13.2f}{ours / products:>8.2f}"
        if row["peer_milliseconds"]:
            peer = statistics.median(row["peer_milliseconds"])
            line += f"{peer:>10.1f}{peer / ours:>7.1f} x"
        lines.append(line)
    return "\n".join(lines)


def main():
    arguments = parse_arguments()
    show = (lambda text: None) if arguments.json else (lambda text: print(f"\n{text}", flush=True))
    result = {"online": measure(arguments, make_peers(arguments))}
    show(table(arguments, result["online"]))
    if arguments.large:
        report = massface(arguments, strategy="batch_all", batch=arguments.large)
        result["large"] = report
        memory = report["peak_memory_bytes"] * 1e-9
        show(f"batch_all of {arguments.large}: {report['milliseconds']:.0f} ms, {report['selected']} triplets, "
             f"{memory:.2f} GB at the most")
    if arguments.offline:
        report = massface(arguments, strategy="batch_hardest", batch=arguments.offline, pool="offline",
                          images_per_identity=10)
        result["offline"] = report
        show(f"offline, batch_hardest of {arguments.offline}: {report['milliseconds'] / 1e3:.1f} s, "
             f"{report['fraction_of_peak']:.0%} of the measured FMA peak ({report['peak_gflops']:.0f} GFLOP/s)")
    if arguments.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
