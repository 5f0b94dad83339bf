#!/usr/bin/env python3
"""./run bench align: compares the speed of `massface align` with facenet-pytorch's detector on the same photographs.

Every round times massface (photographs to aligned JPEGs and the manifest) and then facenet-pytorch's MTCNN (photographs
to boxes and landmarks; nothing is cut out or written). The table shows the medians of the rounds. Afterwards the boxes
of both are compared, and massface's landmarks with those in a CSV file (in the format of `massface align --landmarks`).
If other work runs on the same cores, set OMP_WAIT_POLICY=passive to keep the peer from wasting its time spinning. Run
by tools/bench.sh.
"""

import argparse
import csv
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import types

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
AGREEING_OVERLAP = 0.95  # intersection over union


def parse_arguments():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    data = os.environ.get("MASSFACE_DATA", os.path.join(here, "..", "shared", "data"))
    parser = argparse.ArgumentParser(prog="./run bench align", description=__doc__.split("\n\n")[0])
    parser.add_argument("--massface", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--photographs", default=os.path.join(data, "lfw-raw-folds1to5"),
                        help="folder of photographs, searched recursively")
    parser.add_argument("--landmarks", default=os.path.join(data, "lfw_landmarks.csv"),
                        help="CSV file of landmarks to compare those of the most central face with; '' skips this")
    parser.add_argument("--every", type=int, default=10, help="use every Nth photograph (1: all)")
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--threads", type=int, default=cores, help="threads of both programs (default: one per core)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peer", action="store_true", help="measure only massface")
    parser.add_argument("--json", action="store_true", help="print one JSON object to standard output")
    arguments = parser.parse_args()
    if arguments.every < 1 or arguments.rounds < 1 or arguments.threads < 1:
        parser.error("--every, --rounds and --threads must be at least 1")
    return arguments


def say(text):
    print(text, file=sys.stderr, flush=True)


def chosen_photographs(arguments):
    """Returns the paths relative to the folder, sorted by name."""
    files = [os.path.relpath(os.path.join(folder, name), arguments.photographs)
             for folder, _, names in os.walk(arguments.photographs)
             for name in names if name.lower().endswith(ENDINGS)]
    if not files:
        sys.exit(f"{arguments.photographs}: contains no photographs. Give another folder with --photographs.")
    return sorted(files)[::arguments.every]


def link_photographs(arguments, photographs, folder):
    for name in photographs:
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        os.symlink(os.path.abspath(os.path.join(arguments.photographs, name)), os.path.join(folder, name))


def run_massface(arguments, source, destination):
    """Returns its JSON output, and the lines of its manifest by photograph."""
    command = [arguments.massface, "align", source, destination, "--faces", "all", "--threads", str(arguments.threads),
               "--json"]
    environment = dict(os.environ, LD_LIBRARY_PATH=os.environ.get("MASSFACE_LD_LIBRARY_PATH", ""))
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if finished.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with exit code {finished.returncode}; see its output above.")
    with open(os.path.join(destination, "manifest.jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return json.loads(finished.stdout), {line["source"]: line for line in lines if "source" in line}


def make_peer(arguments):
    """Returns a function from a file to its boxes, or None after printing the reason if the peer is unavailable."""
    if arguments.no_peer:
        return None
    # The package imports requests to download other networks' weights; MTCNN's come with the package.
    for name in ("requests", "requests.adapters"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["requests.adapters"].HTTPAdapter = object
    try:
        import torch
        from PIL import Image
        from facenet_pytorch import MTCNN
    except (ImportError, OSError) as error:
        say(f"No facenet-pytorch to compare with: {error}")
        return None
    torch.set_num_threads(arguments.threads)
    detector = MTCNN(keep_all=True, device="cpu")

    def boxes_in(file):
        with torch.no_grad():
            boxes, _, _ = detector.detect(Image.open(file).convert("RGB"), landmarks=True)
        return [] if boxes is None else boxes.tolist()

    return boxes_in


def overlap(a, b):
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
    return width * height / area if area > 0 else 0.0


def agree(ours, theirs):
    return len(ours) == len(theirs) and all(
        max(overlap(a, b) for b in ours) >= AGREEING_OVERLAP for a in theirs)


def boxes_of(line):
    return [face["box"] for face in line.get("faces", [])]


def central_face(line):
    def distance_to_middle(face):
        left, top, right, bottom = face["box"]
        return math.hypot((left + right - line["width"]) / 2, (top + bottom - line["height"]) / 2)

    return min(line["faces"], key=distance_to_middle)


def landmark_distances(arguments, manifest):
    """Returns the distances in pixels, ascending, of all five landmarks of every photograph that is in the file and in
    which a face was found."""
    distances = []
    with open(arguments.landmarks, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            line = manifest.get(row["file"], {})
            if not line.get("faces"):
                continue
            given = [(float(row[f"{point}_x"]), float(row[f"{point}_y"])) for point in POINTS]
            distances += map(math.dist, given, central_face(line)["landmarks"])
    return sorted(distances)


def measure(arguments, photographs, folder):
    source = os.path.join(folder, "photographs")
    link_photographs(arguments, photographs, source)
    files = [os.path.join(arguments.photographs, name) for name in photographs]
    peer = make_peer(arguments)
    if peer:
        peer(files[0])
    speeds = {"massface": [], **({"facenet-pytorch": []} if peer else {})}
    for i in range(arguments.rounds):
        say(f"round {i + 1} of {arguments.rounds}: massface ...")
        report, manifest = run_massface(arguments, source, os.path.join(folder, f"aligned-{i}"))
        speeds["massface"].append(report["images_per_second"])
        if peer:
            say(f"round {i + 1} of {arguments.rounds}: facenet-pytorch ...")
            start = time.perf_counter()
            boxes = [peer(file) for file in files]
            speeds["facenet-pytorch"].append(len(files) / (time.perf_counter() - start))
    result = {"photographs": len(photographs), "threads": arguments.threads, "images_per_second_of_rounds": speeds,
              "massface": report}
    if peer:
        agreeing = [agree(boxes_of(manifest[name]), theirs) for name, theirs in zip(photographs, boxes)]
        ours, theirs = (statistics.median(rounds) for rounds in speeds.values())
        result |= {"ratio_of_medians": ours / theirs, "agreeing_photographs": sum(agreeing),
                   "agreeing_fraction": sum(agreeing) / len(agreeing)}
    if arguments.landmarks and os.path.exists(arguments.landmarks):
        distances = landmark_distances(arguments, manifest)
        if distances:
            result["landmark_distance_pixels"] = {"landmarks": len(distances), "median": statistics.median(distances),
                                                  "p99": distances[int(0.99 * len(distances))]}
    return result


def print_table(result):
    print(f"{result['photographs']} photographs, {result['threads']} threads{'':<4}{'images/s':>10}{'spread':>16}")
    for name, rounds in result["images_per_second_of_rounds"].items():
        print(f"  {name:<28}{statistics.median(rounds):>10.1f}{f'{min(rounds):.1f} - {max(rounds):.1f}':>16}")
    found = result["massface"]["aligned"]
    print(f"massface finds a face in {found} of {result['photographs']} ({found / result['photographs']:.2%}).")
    if "ratio_of_medians" in result:
        print(f"massface is {result['ratio_of_medians']:.2f} times as fast (ratio of the medians).")
        print(f"Both find the same number of faces, and every box overlaps by {AGREEING_OVERLAP} or more, in "
              f"{result['agreeing_photographs']} of {result['photographs']} photographs "
              f"({result['agreeing_fraction']:.1%}).")
    if "landmark_distance_pixels" in result:
        distance = result["landmark_distance_pixels"]
        print(f"{distance['landmarks']} landmarks are {distance['median']:.2f} pixels from the given ones (median; "
              f"99th percentile {distance['p99']:.2f}).")


def main():
    arguments = parse_arguments()
    photographs = chosen_photographs(arguments)
    with tempfile.TemporaryDirectory(prefix="massface-bench-align-") as folder:
        result = measure(arguments, photographs, folder)
    print(json.dumps(result)) if arguments.json else print_table(result)


if __name__ == "__main__":
    main()
