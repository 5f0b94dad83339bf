#!/usr/bin/env python3
"""Cuts faces out of photographs so tightly that they touch the edge, to measure how massface align copes with that.

tight_crops.py PHOTOGRAPHS LANDMARKS.csv FACTOR OUT: for each photograph of the CSV file (docs/formats/landmarks.md),
OUT/crops has the box around its five landmarks with both sides times FACTOR, shifted by up to 0.15 of them in each
direction and cut off at the photograph's edge, enlarged twice. OUT/landmarks.csv has the landmarks in that crop. The
shifts are functions of the file's name. Needs Pillow (.deps/bench-venv/bin/python, after ./run bench, has it).
"""

import csv
import pathlib
import random
import sys

from PIL import Image

ENLARGED = 2


def crop_box(xs, ys, factor, size, name):
    drawn = random.Random(name)
    edges = []
    for values, limit in ((xs, size[0]), (ys, size[1])):
        length = (max(values) - min(values)) * factor
        middle = (max(values) + min(values)) / 2 + (drawn.random() - 0.5) * 0.3 * length
        edges.append((max(0, round(middle - length / 2)), min(limit, round(middle + length / 2))))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom


def main():
    photographs, landmarks, factor, out = sys.argv[1:]
    out = pathlib.Path(out)
    (out / "crops").mkdir(parents=True)
    with open(landmarks, newline="") as known, open(out / "landmarks.csv", "w", newline="") as written:
        rows, writer = csv.reader(known), csv.writer(written)
        writer.writerow(next(rows))
        for name, score, *points in rows:
            xs, ys = [float(x) for x in points[0::2]], [float(y) for y in points[1::2]]
            photograph = Image.open(pathlib.Path(photographs) / name)
            box = crop_box(xs, ys, float(factor), photograph.size, name)
            crop = photograph.crop(box)
            path = out / "crops" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            crop.resize((crop.width * ENLARGED, crop.height * ENLARGED), Image.BILINEAR).save(path, quality=95)
            moved = [(value + 0.5 - box[axis]) * ENLARGED - 0.5 for pair in zip(xs, ys) for axis, value in enumerate(pair)]
            writer.writerow([name, score, *(f"{value:.2f}" for value in moved)])


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main()
