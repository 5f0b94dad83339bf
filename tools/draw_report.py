#!/usr/bin/env python3
"""Draws docs/pictures/report.png: draw_report.py PROGRAM OUT.png

Trains a small network on people who do not exist, in a few minutes, evaluates it after each of its two phases, and takes
a picture of parts of the page: the curves and the first false accepts and rejects. Needs Chromium.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

from browser import Browser, find_chromium

RECIPE = """
seed = 7
dataset.path = "{faces}/train"
input.height = 32
input.width = 32
backbone.embedding_size = 64
pipeline.resize = true
telemetry.progress = false
[[phase]]
name = "softmax"
loss = "softmax"
steps = 300
batch.size = 32
optimizer.learning_rate = 0.05
schedule.name = "cosine"
schedule.warmup_steps = 20
[[phase]]
name = "triplet"
loss = "triplet"
steps = 150
batch.identities = 12
batch.images_per_identity = 4
optimizer.learning_rate = 0.02
schedule.name = "cosine"
triplet.margin = 0.3
"""

# Leaves the curves, and of the errors as many as fill a row.
SHORTEN = """
for (const section of document.querySelectorAll('section')) {
  const heading = section.querySelector('h2').textContent;
  const shown = heading === 'Curves' || heading.endsWith('of run/triplet');
  section.hidden = !shown;
  [...section.querySelectorAll('article, .chart')].slice(4).forEach(part => part.remove());
}
document.querySelector('nav').remove();
"""


def main():
    program, out = sys.argv[1:]
    if find_chromium() is None:
        sys.exit("draw_report.py needs Chromium (Debian's package chromium)")

    def massface(*words):
        subprocess.run([program, *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env=dict(os.environ, OMP_WAIT_POLICY="passive"))

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        faces, run, page = folder / "faces", folder / "run", folder / "page.html"
        massface("synth", faces, "--identities", 200, "--images-per-identity", 8, "--test-identities", 150,
                 "--test-images-per-identity", 6, "--pairs-per-fold", 100, "--seed", 3)
        recipe = folder / "recipe.toml"
        recipe.write_text(RECIPE.format(faces=faces))
        massface("train", recipe, "--run", run)
        massface("evaluate", run / "softmax.safetensors", run / "triplet.safetensors", "--pairs", faces / "pairs.txt",
                 "--images", faces / "test", "--resize", "--report", page)
        browser = Browser(find_chromium())
        browser.open(page, 1200)
        browser.evaluate(SHORTEN)
        browser.screenshot(out, scale=0.65)
        browser.close()


if __name__ == "__main__":
    main()
