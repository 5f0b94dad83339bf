#!/usr/bin/env python3
"""Puts noise into the labels of a face set, and compares with it what `massface clean` finds.

    python3 tools/label_noise.py make FACES OUT --flips 0.1 --outliers OTHER_FACES:300 --merged 30 --split 30 --copies 60
    build/release/massface clean OUT/noisy.txt --model WEIGHTS --out OUT/clean
    python3 tools/label_noise.py score OUT/truth.csv OUT/clean/decisions.csv

FACES and OTHER_FACES are folders of identity folders. OUT/noisy.txt is a list of `path<tab>identity` lines that refer
to the original images; none is changed. OUT/truth.csv says what each image of the list shows. All choices are functions
of --seed. docs/results.md, "Label cleaning", has figures.
"""

import argparse
import csv
import random
import shutil
from collections import Counter, defaultdict
from pathlib import Path

IMAGES = {".jpg", ".jpeg", ".png", ".webp"}


def images_of(folder):
    return {person.name: sorted(path.resolve() for path in person.iterdir() if path.suffix.lower() in IMAGES)
            for person in sorted(Path(folder).iterdir()) if person.is_dir()}


class Image:
    def __init__(self, path, person):
        self.path, self.label, self.truth, self.noise = path, person, person, ""


def merge_people(people, count, draw):
    """Gives the images of some people the name of another. Both have at least 6 images."""
    chosen = draw.sample(sorted(name for name, images in people.items() if len(images) >= 6), 2 * count)
    for kept, gone in zip(chosen[::2], chosen[1::2]):
        for image in people[gone]:
            image.label, image.noise = kept, "merged"
    return set(chosen)


def split_people(people, count, draw, without):
    """Gives half of the images of some people another name. They have at least 8 images."""
    chosen = draw.sample(sorted(name for name, images in people.items() if len(images) >= 8 and name not in without),
                         count)
    for name in chosen:
        images = people[name]
        for image in draw.sample(images, len(images) // 2):
            image.label, image.noise = name + "_other", "split"


def flip_labels(images, fraction, draw):
    labels = sorted({image.label for image in images})
    for image in draw.sample([image for image in images if not image.noise], round(fraction * len(images))):
        image.label = draw.choice([label for label in draw.sample(labels, 2) if label != image.label])
        image.noise = "flipped"


def outliers_of(choice, labels, draw):
    folder, count = choice.rsplit(":", 1)
    strangers = [path for paths in images_of(folder).values() for path in paths]
    for path in draw.sample(strangers, int(count)):
        image = Image(path, "")
        image.label, image.noise = draw.choice(labels), "outlier"
        yield image


def copies_of(images, count, labels, folder, draw):
    """Copies of images: half under the same name, half under another."""
    folder.mkdir()
    for number, original in enumerate(draw.sample([image for image in images if not image.noise], count)):
        copy = Image(folder / f"{number:05}{original.path.suffix}", original.truth)
        shutil.copyfile(original.path, copy.path)
        copy.label = original.label if number % 2 == 0 else draw.choice([x for x in labels if x != original.label])
        copy.noise = "copy" if number % 2 == 0 else "copy_across"
        yield copy


def make(arguments):
    draw = random.Random(arguments.seed)
    out = Path(arguments.out).resolve()
    out.mkdir(parents=True)
    people = {name: [Image(path, name) for path in paths] for name, paths in images_of(arguments.faces).items()}
    images = [image for of_person in people.values() for image in of_person]
    merged = merge_people(people, arguments.merged, draw)
    split_people(people, arguments.split, draw, merged)
    flip_labels(images, arguments.flips, draw)
    labels = sorted({image.label for image in images})
    if arguments.outliers:
        images += list(outliers_of(arguments.outliers, labels, draw))
    images += list(copies_of(images, arguments.copies, labels, out / "copies", draw))
    (out / "noisy.txt").write_text("".join(f"{image.path}\t{image.label}\n" for image in images))
    with open(out / "truth.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "truth", "noise"])
        rows.writerows([image.path, image.label, image.truth, image.noise] for image in images)
    print(f"{len(images)} images of {len(labels)} people, noise: {dict(Counter(i.noise for i in images if i.noise))}")


def read_decisions(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def share(part, whole):
    return f"{100 * part / whole:5.1f} % of {whole}" if whole else "    - of 0"


def report(what, hits_found, found, hits_wanted, wanted):
    print(f"{what:<32} precision {share(hits_found, found):<17} recall {share(hits_wanted, wanted)}")


def score(arguments):
    with open(arguments.truth, newline="") as file:
        truth = {row["path"]: row for row in csv.DictReader(file)}
    changes = [row for row in read_decisions(arguments.decisions) if row["action"] != "keep"]
    of_image = {row["image"]: row for row in changes if row["image"]}
    noise_of = {path: row["noise"] for path, row in truth.items()}
    same = {row["path"]: row["truth"] for row in truth.values()}

    # An image is wrong if its label is not that of most images of the label.
    true_person = {}
    for label, shown in group_by(truth.values(), "label").items():
        true_person[label] = Counter(row["truth"] for row in shown if row["truth"]).most_common(1)[0][0]
    is_wrong = {path: row["truth"] != true_person[row["label"]] for path, row in truth.items()}

    for noise in ("flipped", "outlier"):
        wanted = [path for path in truth if noise_of[path] == noise]
        print(f"{noise + ' images':<60} recall {share(sum(path in of_image for path in wanted), len(wanted))}")
    single = [path for path, row in of_image.items() if row["kind"] == "wrong_label"]
    wanted = [path for path in truth if noise_of[path] in ("flipped", "outlier", "copy_across") and is_wrong[path]]
    report("wrong_label, all", sum(is_wrong[path] for path in single), len(single),
           sum(path in of_image for path in wanted), len(wanted))
    relabelled = [path for path in single if of_image[path]["action"].startswith("relabel:")]
    right = [path for path in relabelled
             if true_person.get(of_image[path]["action"].removeprefix("relabel:")) == same[path]]
    fits = [path for path in wanted if noise_of[path] == "flipped"]
    report("  relabelled to the right person", len(right), len(relabelled),
           len({*right} & {*fits}), len(fits))

    merged = {row["label"] for row in truth.values() if row["noise"] == "merged"}
    split_off = group_by((row for row in of_image.values() if row["kind"] == "two_people"), "person")
    found = {label for label, rows in split_off.items() if separates(label, {row["image"] for row in rows}, truth)}
    report("two_people, names", len(found & merged), len(split_off), len(found & merged), len(merged))

    pairs = {frozenset((row["label"], row["truth"])) for row in truth.values() if row["noise"] == "split"}
    merges = [frozenset((row["person"], row["action"].removeprefix("merge:"))) for row in changes
              if row["kind"] == "same_person"]
    report("same_person, pairs", sum(pair in pairs for pair in merges), len(merges), len(pairs & set(merges)), len(pairs))

    for noise, kind in (("copy", "duplicate"), ("copy_across", "duplicate_across_people")):
        rows = [row for row in read_decisions(arguments.decisions) if row["kind"] == kind]
        named = [{row["image"], row["other_image"]} for row in rows]
        wanted = [path for path in truth if noise_of[path] == noise]
        report(kind, sum(any(noise_of[path] == noise for path in pair) for pair in named), len(named),
               sum(any(path in pair for pair in named) for path in wanted), len(wanted))


def separates(label, split_off, truth):
    """Whether most of the images that were split off are one person, and most of those left are another."""
    rows = [row for row in truth.values() if row["label"] == label and row["truth"]]
    groups = [Counter(row["truth"] for row in rows if (row["path"] in split_off) == side) for side in (True, False)]
    if not all(groups):
        return False
    (first, first_count), (second, second_count) = (group.most_common(1)[0] for group in groups)
    return (first != second and first_count >= 0.8 * sum(groups[0].values()) and
            second_count >= 0.8 * sum(groups[1].values()))


def group_by(rows, key):
    groups = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    maker = verbs.add_parser("make")
    maker.add_argument("faces")
    maker.add_argument("out")
    maker.add_argument("--flips", type=float, default=0, help="fraction of all images")
    maker.add_argument("--outliers", default="", help="OTHER_FACES:COUNT")
    for name, what in (("merged", "pairs of people under one name"), ("split", "people under two names"),
                       ("copies", "copied images")):
        maker.add_argument("--" + name, type=int, default=0, help=what)
    maker.add_argument("--seed", type=int, default=1)
    maker.set_defaults(run=make)
    scorer = verbs.add_parser("score")
    scorer.add_argument("truth")
    scorer.add_argument("decisions")
    scorer.set_defaults(run=score)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
