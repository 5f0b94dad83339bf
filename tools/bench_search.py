#!/usr/bin/env python3
"""./run bench search: the search of a gallery beside faiss (flat), hnswlib and NumPy, on this machine, in one run.

Faces are synthetic: people scattered on the sphere, eight faces around each. Half of the queries are further faces of
these people, half are strangers. Each program searches one query at a time; the table gives the median and the 99th
percentile of all queries, and the share of nearest faces that are NumPy's in float64 (recall). Run by tools/bench.sh.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

FACES_OF_A_PERSON = 8


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./run bench search", description=__doc__.split("\n\n")[0])
    parser.add_argument("--massface", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--faces", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--neighbours", type=int, default=2)
    parser.add_argument("--noise", type=float, default=0.8, help="length of what a face adds to its person's centre")
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--threads", type=int, default=cores, help="of every program (default: the cores)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-hnsw", action="store_true", help="leave out hnswlib, whose index takes many minutes to build")
    parser.add_argument("--json", action="store_true", help="print one JSON object to standard output")
    return parser.parse_args()


def say(text):
    print(text, file=sys.stderr, flush=True)


def make_faces(np, arguments, count):
    """Unit rows, and queries of which the even ones are of people who are there."""
    random = np.random.default_rng(1)

    def unit(rows):
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def normals(rows):
        return random.standard_normal((rows, arguments.dim), dtype=np.float32)

    def around(centres):
        return unit(centres + arguments.noise * unit(normals(len(centres))))

    centres = unit(normals(max(count // FACES_OF_A_PERSON, 1)))
    faces = np.empty((count, arguments.dim), np.float32)
    for begin in range(0, count, 65536):
        people = np.arange(begin, min(begin + 65536, count)) % len(centres)
        faces[begin : begin + 65536] = around(centres[people])
    queries = unit(normals(arguments.queries))
    known = random.integers(0, len(centres), (arguments.queries + 1) // 2)
    queries[::2] = around(centres[known])
    return faces, queries


def timed(search, queries, rounds):
    """Milliseconds of each search of one query, and the faces that were found in the last round."""
    search(queries[:1])
    milliseconds = []
    for _ in range(rounds):
        found = []
        for i in range(len(queries)):
            start = time.perf_counter()
            found.append(search(queries[i : i + 1]))
            milliseconds.append(1e3 * (time.perf_counter() - start))
    return milliseconds, found


def numpy_search(np, faces, arguments):
    k = arguments.neighbours

    def search(query):
        products = faces @ query[0]
        best = np.argpartition(-products, k - 1)[:k] if k < len(products) else np.arange(len(products))
        return best[np.argsort(-products[best], kind="stable")].tolist()

    return search


def faiss_search(faces, arguments):
    import faiss

    faiss.omp_set_num_threads(arguments.threads)
    index = faiss.IndexFlatIP(arguments.dim)
    index.add(faces)
    return lambda query: index.search(query, arguments.neighbours)[1][0].tolist()


def hnsw_search(faces, arguments):
    import hnswlib

    index = hnswlib.Index(space="ip", dim=arguments.dim)
    index.init_index(max_elements=len(faces), ef_construction=100, M=16)
    index.set_num_threads(arguments.threads)
    index.add_items(faces)
    index.set_ef(200)
    return lambda query: index.knn_query(query, k=arguments.neighbours)[0][0].tolist()


def massface_search(arguments, folder):
    command = [arguments.massface, "benchmark", "search", "--json", "--threads", str(arguments.threads)]
    command += ["--faces", f"{folder}/faces.npy", "--queries", f"{folder}/queries.npy"]
    command += ["--neighbours", str(arguments.neighbours), "--repeats", str(arguments.rounds)]
    environment = dict(os.environ, LD_LIBRARY_PATH=os.environ.get("MASSFACE_LD_LIBRARY_PATH", ""))
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if finished.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with exit code {finished.returncode}; its words are above.")
    return json.loads(finished.stdout)


def exact_faces(np, faces, queries, neighbours):
    """The nearest faces in float64, in parts that fit into memory."""
    best = [[] for _ in queries]
    for begin in range(0, len(faces), 65536):
        products = faces[begin : begin + 65536].astype(np.float64) @ queries.T.astype(np.float64)
        for q in range(len(queries)):
            order = np.argsort(-products[:, q], kind="stable")[:neighbours]
            best[q] += [(-products[i, q], begin + int(i)) for i in order]
            best[q] = sorted(best[q])[:neighbours]
    return [[face for _, face in of_query] for of_query in best]


def row_of(np, name, milliseconds, found, exact, more=None):
    hits = sum(len(set(mine) & set(right)) for mine, right in zip(found, exact))
    recall = hits / sum(len(right) for right in exact)
    p50, p99 = np.percentile(milliseconds, [50, 99])
    return {"program": name, "p50_milliseconds": float(p50), "p99_milliseconds": float(p99), "recall": recall, **(more or {})}


def measure(np, arguments, count):
    say(f"{count:,} faces ...")
    faces, queries = make_faces(np, arguments, count)
    exact = exact_faces(np, faces, queries, arguments.neighbours)
    rows = []
    with tempfile.TemporaryDirectory(prefix="massface-search-") as folder:
        np.save(f"{folder}/faces.npy", faces)
        np.save(f"{folder}/queries.npy", queries)
        report = massface_search(arguments, folder)
    ours = {key: report[key] for key in ("fraction_of_peak", "memory_bytes_per_second", "share_in_eight_bits")}
    ours["build_seconds"] = report["build_seconds"]
    found = [[face for face, _ in of_query] for of_query in report["found"]]
    rows.append(row_of(np, "massface", [report["p50_milliseconds"], report["p99_milliseconds"]], found, exact, ours))
    rows[-1].update({key: report[key] for key in ("p50_milliseconds", "p99_milliseconds")})
    peers = {"NumPy": lambda: numpy_search(np, faces, arguments), "faiss flat": lambda: faiss_search(faces, arguments)}
    if not arguments.no_hnsw:
        peers["hnswlib"] = lambda: hnsw_search(faces, arguments)
    for name, make in peers.items():
        try:
            start = time.perf_counter()
            search = make()
            more = {"build_seconds": time.perf_counter() - start}
        except ImportError as error:
            say(f"No {name} to compare with: {error}")
            continue
        milliseconds, found = timed(search, queries, arguments.rounds)
        rows.append(row_of(np, name, milliseconds, found, exact, more))
        del search
    return {"faces": count, "programs": rows}


def table(arguments, results):
    lines = [f"{arguments.dim}-d, {arguments.threads} threads, {arguments.neighbours} nearest faces, one query at a time"]
    lines.append(f"{'faces':>10}  {'program':<12}{'p50 ms':>10}{'p99 ms':>10}{'recall':>9}{'built in s':>12}{'of memory':>11}")
    for result in results:
        for row in result["programs"]:
            line = f"{result['faces']:>10,}  {row['program']:<12}{row['p50_milliseconds']:>10.3f}"
            line += f"{row['p99_milliseconds']:>10.3f}{row['recall']:>9.4f}{row['build_seconds']:>12.2f}"
            if "fraction_of_peak" in row:
                line += f"{row['fraction_of_peak']:>11.2f}"
            lines.append(line)
    return "\n".join(lines)


def main():
    arguments = parse_arguments()
    try:
        import numpy as np
    except ImportError as error:
        sys.exit(f"./run bench search needs NumPy, which draws the faces: {error}")
    os.environ.setdefault("OMP_NUM_THREADS", str(arguments.threads))
    results = [measure(np, arguments, count) for count in arguments.faces]
    if arguments.json:
        print(json.dumps({"benchmark": "search", "dim": arguments.dim, "threads": arguments.threads, "results": results}))
    else:
        print(table(arguments, results))


if __name__ == "__main__":
    main()
