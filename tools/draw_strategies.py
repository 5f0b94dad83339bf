#!/usr/bin/env python3
"""Draws docs/pictures/strategies.svg: the triplets of two anchors that each strategy selects, as `massface mine` reports.

    python3 tools/draw_strategies.py build/release/massface docs/pictures/strategies.svg
"""

import math
import pathlib
import struct
import subprocess
import sys
import tempfile

import registry

MARGIN = 0.2
# (title, d(a, p) of the positives, d(a, n) of the negatives), one column each. The second anchor is solved: none of its
# triplets violates the margin, which is where batch_hardest differs from batch_min_max.
ANCHORS = [
    ("an anchor whose triplets violate", [0.3, 0.6, 1.0], [0.2, 0.7, 0.9, 1.1]),
    ("a solved anchor", [0.1, 0.3], [0.75, 1.0]),
]
LEFT, COLUMN, SCALE, ROW = 170, 420, 290, 100
BLUE, RED, GREY = "#1f6fb2", "#c8452d", "#666666"


def write_npy(path, descr, shape, payload):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + payload)


def write_pool(folder, positives, negatives):
    """Places the anchor at angle 0 of the unit circle, the positives on one side of it, the negatives on the other."""
    angles = [0.0] + [math.acos(1 - d / 2) for d in positives] + [-math.acos(1 - d / 2) for d in negatives]
    points = [value for angle in angles for value in (math.cos(angle), math.sin(angle))]
    write_npy(folder / "x.npy", "<f4", (len(angles), 2), struct.pack(f"<{len(points)}f", *points))
    labels = [0] * (1 + len(positives)) + [1 + i for i in range(len(negatives))]
    write_npy(folder / "y.npy", "<i8", f"({len(labels)},)", struct.pack(f"<{len(labels)}q", *labels))


def triplets_of_anchor(massface, folder, strategy):
    """(positive, negative) of the anchor, which is row 0; positives come behind it, negatives behind them."""
    written = [folder / "x.npy", folder / "y.npy", folder / "t.npy"]
    command = [massface, "mine", *written[:2], "--strategy", strategy, "--margin", MARGIN, "--out", written[2]]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    blob = written[2].read_bytes()
    begin = 10 + struct.unpack("<H", blob[8:10])[0]
    numbers = struct.unpack(f"<{(len(blob) - begin) // 8}q", blob[begin:])
    return [numbers[i + 1 : i + 3] for i in range(0, len(numbers), 3) if numbers[i] == 0]


def x_of(column, distance):
    return LEFT + column * COLUMN + SCALE * distance


def text(x, y, words, colour="#222222", size=13, anchor="start"):
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">{words}</text>'


def draw_anchor(column, top, chosen, positives, negatives):
    up, middle, down = top + 26, top + 50, top + 74
    parts = [f'<line x1="{x_of(column, 0)}" y1="{middle}" x2="{x_of(column, 1.25)}" y2="{middle}" stroke="#dddddd"/>']
    for positive, negative in chosen:
        p, n = positives[positive - 1], negatives[negative - 1 - len(positives)]
        parts.append(f'<line x1="{x_of(column, p):.1f}" y1="{up}" x2="{x_of(column, n):.1f}" y2="{down}" '
                     f'stroke="{GREY}" stroke-width="1.6"/>')
    parts.append(f'<path d="M{x_of(column, 0)} {middle - 8} l8 8 -8 8 -8 -8 z" fill="#222222"/>')
    for d in positives:
        parts.append(f'<circle cx="{x_of(column, d):.1f}" cy="{up}" r="7" fill="{BLUE}"/>')
    for d in negatives:
        parts.append(f'<rect x="{x_of(column, d) - 6:.1f}" y="{down - 6}" width="12" height="12" fill="{RED}"/>')
    if not chosen:
        parts.append(text(x_of(column, 0.5), middle + 4, "no triplet", GREY, 12, "middle"))
    return parts


def draw(massface, path):
    names = registry.strategies(massface)
    height, width = 110 + ROW * len(names), LEFT + COLUMN * len(ANCHORS)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif">',
             '<rect width="100%" height="100%" fill="white"/>',
             text(12, 24, f"An anchor (black), its positives (blue) and negatives (red) by squared distance; margin {MARGIN}."),
             text(12, 42, "Each line is a triplet that the strategy selects.")]
    with tempfile.TemporaryDirectory() as folder:
        for column, (title, positives, negatives) in enumerate(ANCHORS):
            parts.append(text(x_of(column, 0.6), 70, title, size=14, anchor="middle"))
            write_pool(pathlib.Path(folder), positives, negatives)
            for i, strategy in enumerate(names):
                top = 76 + ROW * i
                if column == 0:
                    parts.append(text(12, top + 55, strategy, size=15))
                chosen = triplets_of_anchor(massface, pathlib.Path(folder), strategy)
                parts += draw_anchor(column, top, chosen, positives, negatives)
            for d in [0, 0.25, 0.5, 0.75, 1.0, 1.25]:
                parts.append(text(x_of(column, d), height - 8, f"{d:g}", GREY, 12, "middle"))
    pathlib.Path(path).write_text("\n".join(parts) + "\n</svg>\n")


if __name__ == "__main__":
    draw(sys.argv[1], sys.argv[2])
