#!/usr/bin/env python3
"""Tests the program's pages in headless Chromium: pages_test.py PROGRAM [FOLDER]

Trains two tiny networks on synthetic faces, writes the pages of evaluate, report and clean, and opens each on a phone
and on a wide screen, light and dark, and as it is printed. With FOLDER, the pages and pictures of them are kept there.
Exits with 77, which ctest takes for a skipped test, where there is no Chromium.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from browser import Browser, find_chromium

WIDTHS = (390, 1280)
PRINTED_WIDTH = 680  # the width of an A4 page between its margins, in CSS pixels
LEAST_CONTRAST = 4.5  # of text, WCAG 2.1, 1.4.3

RECIPE = """
seed = 7
threads = 2
device = "cpu"
dataset.path = "{faces}/train"
input.height = 32
input.width = 32
backbone.embedding_size = 16
pipeline.resize = true
validation.identities = 4
checkpoint.every_steps = 4
telemetry.log_every_steps = 1
telemetry.progress = false
[[phase]]
name = "softmax"
loss = "softmax"
steps = 12
batch.size = 16
optimizer.learning_rate = {rate}
[[phase]]
name = "triplet"
loss = "triplet"
steps = 8
batch.identities = 4
batch.images_per_identity = 4
"""

# The widest that anything reaches, apart from tables that scroll in their own frames.
OVERFLOW = """
(() => {
  const wide = [...document.querySelectorAll('body *')].filter(
      e => !e.closest('.table, svg') && e.getBoundingClientRect().right > innerWidth + 0.5);
  return [document.documentElement.scrollWidth, innerWidth, wide.slice(0, 3).map(e => e.outerHTML.slice(0, 120))];
})()
"""

# Texts with too little contrast to the page behind them: [contrast, text].
FAINT = """
(() => {
  const numbers = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => {
    const [r, g, b] = c.slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const e of document.querySelectorAll('h1, h2, h3, p, td, th, caption, summary, figcaption, a, li, svg text')) {
    const style = getComputedStyle(e);
    const [a, b] = [light(numbers(e.namespaceURI.endsWith('svg') ? style.fill : style.color)), light(behind(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < %s) faint.push([contrast, e.textContent.slice(0, 60)]);
  }
  return faint;
})()
""" % LEAST_CONTRAST


def problems_of(browser):
    """Returns what is wrong with the page that is open: messages, requests, overflow, pictures, contrast."""
    problems = []
    for event in browser.events:
        if event["method"] in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            problems.append(f"console: {event['params']}")
        if event["method"] == "Network.requestWillBeSent":
            url = event["params"]["request"]["url"]
            if not url.startswith(("file:", "data:")):
                problems.append(f"request: {url}")
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    reaches, width, wide = browser.evaluate(OVERFLOW)
    if reaches > width or wide:
        problems.append(f"overflow: {reaches} of {width} pixels, {wide}")
    lost = browser.evaluate("""[...document.images].map(i => (i.loading = 'eager', i)).filter(
        i => !i.complete || i.naturalWidth === 0).length""")
    if lost:
        problems.append(f"pictures: {lost} are not shown")
    problems += [f"contrast: {faint}" for faint in browser.evaluate(FAINT)]
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
    return problems


def names_of_pictures(browser):
    """Returns what a screen reader says of each picture and drawing."""
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    return [node.get("name", {}).get("value", "") for node in nodes
            if not node["ignored"] and node.get("role", {}).get("value") in ("image", "img", "graphics-document")]


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.browser = Browser(find_chromium())
        faces = cls.folder / "faces"
        cls.massface("synth", faces, "--identities", 16, "--images-per-identity", 6, "--test-identities", 24,
                     "--test-images-per-identity", 3, "--pairs-per-fold", 3, "--seed", 5)
        for run, rate in (("first", 0.05), ("second & <more>", 0.01)):
            recipe = cls.folder / "recipe.toml"
            recipe.write_text(RECIPE.format(faces=faces, rate=rate))
            cls.massface("train", recipe, "--run", cls.folder / run)
        first, second = cls.folder / "first", cls.folder / "second & <more>"
        pairs = ["--pairs", faces / "pairs.txt", "--images", faces / "test", "--resize"]
        cls.pages = {name: cls.folder / f"{name}.html" for name in ("evaluation", "comparison", "training", "trainings")}
        cls.massface("evaluate", first, *pairs, "--all-pairs", faces / "test", "--report", cls.pages["evaluation"],
                     "--record")
        cls.massface("evaluate", first, second, *pairs, "--report", cls.pages["comparison"])
        cls.massface("report", first, "--out", cls.pages["training"])
        cls.massface("report", first, second, "--out", cls.pages["trainings"])
        cls.massface("clean", faces / "train", "--model", first, "--resize", "--out", cls.folder / "findings")
        cls.pages["cleaning"] = cls.folder / "findings" / "report.html"

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.temporary.cleanup()

    @staticmethod
    def massface(*words):
        words = [str(word) for word in words]
        result = subprocess.run([PROGRAM, *words], capture_output=True, text=True,
                                env=dict(os.environ, OMP_WAIT_POLICY="passive"))
        if result.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {result.stderr}")

    def test_show_everything_on_phones_and_wide_screens(self):
        for name, page in self.pages.items():
            for width in WIDTHS:
                for dark in (False, True):
                    with self.subTest(page=name, width=width, dark=dark):
                        self.browser.open(page, width, dark)
                        self.assertEqual(problems_of(self.browser), [])
                        if KEPT:
                            self.browser.screenshot(KEPT / f"{name}-{width}-{'dark' if dark else 'light'}.png")
            if KEPT:
                (KEPT / f"{name}.html").write_bytes(page.read_bytes())

    def test_follow_the_readers_choice_of_light_or_dark(self):
        background = "getComputedStyle(document.body).backgroundColor"
        for name, page in self.pages.items():
            with self.subTest(page=name):
                self.browser.open(page, 1280)
                light = self.browser.evaluate(background)
                self.browser.open(page, 1280, dark=True)
                self.assertNotEqual(self.browser.evaluate(background), light)

    def test_can_be_printed(self):
        for name, page in self.pages.items():
            with self.subTest(page=name):
                self.browser.open(page, PRINTED_WIDTH, dark=True, media="print")
                self.assertEqual(problems_of(self.browser), [])
                self.assertEqual(self.browser.evaluate("getComputedStyle(document.body).backgroundColor"),
                                 "rgb(255, 255, 255)")
                self.assertEqual(self.browser.evaluate("getComputedStyle(document.querySelector('nav') || "
                                                       "document.createElement('nav')).display || 'none'"), "none")

    def test_give_every_picture_a_name(self):
        for name, page in self.pages.items():
            with self.subTest(page=name):
                self.browser.open(page, 1280)
                names = names_of_pictures(self.browser)
                expected = self.browser.evaluate(
                    "document.images.length + document.querySelectorAll('svg[role=img]').length")
                self.assertEqual(len(names), expected)
                self.assertGreater(expected, 0)
                self.assertNotIn("", names)

    def test_unfold_the_numbers_of_a_chart_by_keyboard(self):
        self.browser.open(self.pages["evaluation"], 1280)
        for _ in range(200):
            self.browser.press("Tab", 9)
            if self.browser.evaluate("document.activeElement.tagName") == "SUMMARY":
                break
        self.assertEqual(self.browser.evaluate("document.activeElement.tagName"), "SUMMARY")
        self.assertFalse(self.browser.evaluate("document.activeElement.parentElement.open"))
        self.browser.press("Enter", 13)
        self.assertTrue(self.browser.evaluate("document.activeElement.parentElement.open"))
        self.assertGreater(self.browser.evaluate(
            "document.activeElement.parentElement.querySelector('table').getBoundingClientRect().height"), 50)

    def test_contain_what_they_should(self):
        self.browser.open(self.pages["evaluation"], 1280)
        self.assertGreaterEqual(self.browser.evaluate("document.querySelectorAll('.chart').length"), 6)
        self.assertGreater(self.browser.evaluate("document.images.length"), 4)
        self.browser.open(self.pages["trainings"], 1280)
        self.assertGreaterEqual(self.browser.evaluate("document.querySelectorAll('.chart').length"), 12)
        self.assertIn("second & <more>", self.browser.evaluate("document.body.textContent"))

    def test_a_bad_page_is_noticed(self):
        page = self.folder / "bad.html"
        page.write_text("<!doctype html><meta name=viewport content='width=device-width'><div style='width:2000px'>a</div>"
                        "<p style='color:#999;background:#fff'>faint</p><img src='data:image/png;base64,AAAA'>"
                        "<img src='http://127.0.0.1:9/a.png'><script>console.error('b'); undefined_name</script>")
        self.browser.open(page, 390)
        kinds = {problem.split(":")[0] for problem in problems_of(self.browser)}
        self.assertEqual(kinds, {"console", "request", "overflow", "pictures", "contrast"})
        self.assertEqual(names_of_pictures(self.browser).count(""), 2)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv[1])
    KEPT = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if find_chromium() is None:
        print("skipped: there is no Chromium (Debian's package chromium) to open the pages with")
        sys.exit(77)
    if KEPT:
        KEPT.mkdir(parents=True, exist_ok=True)
    unittest.main(argv=sys.argv[:1])
