#!/usr/bin/env python3
"""demo_report.py FOLDER SECONDS: what ./run demo achieved, from FOLDER's untrained.json, softmax.json and triplet.json.

Prints the report to standard output. Exits with 1 and an explanation if the training gained less than 10 points or 3
standard errors: then something is broken.
"""

import json
import math
import pathlib
import sys

STAGES = [
    ("untrained", "before training"),
    ("softmax", "after the softmax phase"),
    ("triplet", "after the triplet phase"),
]
MIN_POINTS = 10
MIN_STANDARD_ERRORS = 3


def gain(before, after):
    """Returns the gain in points, and in standard errors of the difference."""
    points = 100 * (after["accuracy"] - before["accuracy"])
    error = 100 * math.hypot(before["accuracy_standard_error"], after["accuracy_standard_error"])
    return points, points / error if error > 0 else math.inf


def page(reports, seconds):
    pairs = reports["triplet"]["num_pairs"]
    lines = [f"Verification accuracy on synthetic people who were not in the training ({pairs} pairs; guessing gives 50 %):", ""]
    for name, words in STAGES:
        report = reports[name]
        lines.append(f"  {words:<26}{100 * report['accuracy']:6.2f} +- {100 * report['accuracy_standard_error']:.2f} %")
    points, errors = gain(reports["untrained"], reports["triplet"])
    threshold = reports["triplet"]["threshold_squared_l2"]
    lines += [
        "",
        f"Training gained {points:.1f} points ({errors:.1f} standard errors). "
        f"The demo took {seconds / 60:.1f} minutes in all.",
        f"Two images show one person if the squared distance of their embeddings is below {threshold:.3f}.",
        "",
        "What it made:",
        "  demo/faces.jpg     a page of the faces it was trained on, one person per row; the images are in demo/faces",
        "  demo/run           the run directory: weights, checkpoints, log, metrics.jsonl, TensorBoard events",
        "  recipes/demo.toml  the recipe that it was trained by",
        "",
        "Next, on your own faces, one folder of aligned images per person (README.md, \"Train on your own faces\"):",
        "  build/release/massface train recipes/celeba.toml dataset.path=YOUR_FACES --run runs/mine",
    ]
    return "\n".join(lines)


def main():
    folder, seconds = pathlib.Path(sys.argv[1]), float(sys.argv[2])
    reports = {name: json.loads((folder / f"{name}.json").read_text()) for name, _ in STAGES}
    print(page(reports, seconds), flush=True)
    points, errors = gain(reports["untrained"], reports["triplet"])
    if points < MIN_POINTS or errors < MIN_STANDARD_ERRORS:
        sys.exit(f"Error: training gained {points:.1f} points ({errors:.1f} standard errors); expected at least "
                 f"{MIN_POINTS} and {MIN_STANDARD_ERRORS}. Please report this together with {folder}/run/log.txt.")


if __name__ == "__main__":
    main()
