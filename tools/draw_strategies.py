#!/usr/bin/env python3
"""Draws docs/pictures/strategies.svg: which triplets of one anchor each strategy takes, asked of `massface mine`.

    python3 tools/draw_strategies.py build/release/massface docs/pictures/strategies.svg
"""

import math
import pathlib
import struct
import subprocess
import sys
import tempfile

MARGIN = 0.2
POSITIVES = [0.3, 0.6, 1.0]  # d(a, p)
NEGATIVES = [0.2, 0.7, 0.9, 1.1]  # d(a, n)
STRATEGIES = ["batch_all", "batch_random", "batch_semi_hard", "batch_min_min", "batch_min_max", "batch_hardest"]
LEFT, SCALE, ROW = 170, 440, 112
BLUE, RED, GREY = "#1f6fb2", "#c8452d", "#666666"


def write_npy(path, descr, shape, payload):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + payload)


def triplets_of_anchor(massface, folder, strategy):
    """(positive, negative) as positions behind the anchor, which is 0: positives first, then negatives."""
    finished = [folder / "x.npy", folder / "y.npy", folder / "t.npy"]
    command = [massface, "mine", *finished[:2], "--strategy", strategy, "--margin", MARGIN, "--out", finished[2]]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    blob = finished[2].read_bytes()
    begin = 10 + struct.unpack("<H", blob[8:10])[0]
    numbers = struct.unpack(f"<{(len(blob) - begin) // 8}q", blob[begin:])
    return [numbers[i + 1 : i + 3] for i in range(0, len(numbers), 3) if numbers[i] == 0]


def write_pool(folder):
    """The anchor at angle 0, positives on one side of it on the unit circle, negatives on the other."""
    angles = [0.0] + [math.acos(1 - d / 2) for d in POSITIVES] + [-math.acos(1 - d / 2) for d in NEGATIVES]
    points = [value for angle in angles for value in (math.cos(angle), math.sin(angle))]
    write_npy(folder / "x.npy", "<f4", (len(angles), 2), struct.pack(f"<{len(points)}f", *points))
    labels = [0] * (1 + len(POSITIVES)) + [1 + i for i in range(len(NEGATIVES))]
    write_npy(folder / "y.npy", "<i8", f"({len(labels)},)", struct.pack(f"<{len(labels)}q", *labels))


def x_of(distance):
    return LEFT + SCALE * distance


def text(x, y, words, colour="#222222", size=13, anchor="start"):
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">{words}</text>'


def draw_row(strategy, chosen, top):
    up, down = top + 30, top + 78
    parts = [text(12, top + 58, strategy, size=15)]
    parts.append(f'<line x1="{x_of(0)}" y1="{top + 54}" x2="{x_of(1.25)}" y2="{top + 54}" stroke="#dddddd"/>')
    for positive, negative in chosen:
        p, n = POSITIVES[positive - 1], NEGATIVES[negative - 1 - len(POSITIVES)]
        parts.append(f'<line x1="{x_of(p):.1f}" y1="{up}" x2="{x_of(n):.1f}" y2="{down}" stroke="{GREY}" stroke-width="1.6"/>')
    parts.append(f'<path d="M{x_of(0)} {top + 46} l8 8 -8 8 -8 -8 z" fill="#222222"/>')
    for d in POSITIVES:
        parts.append(f'<circle cx="{x_of(d):.1f}" cy="{up}" r="7" fill="{BLUE}"/>')
    for d in NEGATIVES:
        parts.append(f'<rect x="{x_of(d) - 6:.1f}" y="{down - 6}" width="12" height="12" fill="{RED}"/>')
    return parts


def draw(massface, path):
    height = 70 + ROW * len(STRATEGIES)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{height}" font-family="sans-serif">',
             '<rect width="100%" height="100%" fill="white"/>',
             text(12, 24, f"One anchor (black), its positives (blue) and negatives (red) by squared distance, margin {MARGIN};"),
             text(12, 42, "a line is a triplet that the strategy takes.")]
    with tempfile.TemporaryDirectory() as folder:
        write_pool(pathlib.Path(folder))
        for i, strategy in enumerate(STRATEGIES):
            chosen = triplets_of_anchor(massface, pathlib.Path(folder), strategy)
            parts += draw_row(strategy, chosen, 46 + ROW * i)
    for d in [0, 0.25, 0.5, 0.75, 1.0, 1.25]:
        parts.append(text(x_of(d), height - 8, f"{d:g}", GREY, 12, "middle"))
    pathlib.Path(path).write_text("\n".join(parts) + "\n</svg>\n")


if __name__ == "__main__":
    draw(sys.argv[1], sys.argv[2])
