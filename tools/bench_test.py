#!/usr/bin/env python3
"""Tests what ./run bench makes of its measurements. No benchmark runs: the program is a script that answers at once."""

import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import bench_compare
import bench_table

TOOLS = pathlib.Path(__file__).resolve().parent
EAGER, COMPILED = "PyTorch eager", "torch.compile, channels_last"
OURS_BF16, COMPILED_BF16 = "massface, bf16", "torch.compile, channels_last, bf16"
KINDS = bench_table.KINDS

# `massface benchmark KIND ...` at FAKE_SPEED images/s.
FAKE_MASSFACE = f"""#!{sys.executable} -SE
import json, os, sys
if "FAKE_FAILURE" in os.environ:
    sys.exit(1)
else:
    speed = float(os.environ.get("FAKE_SPEED", "200")) * (2 if "bf16" in sys.argv else 1)
    print(json.dumps({{"benchmark": sys.argv[2], "images_per_second": speed, "gflop_per_image": 2.0,
                      "peak_gflops": 800.0, "peak_memory_bytes": 10**9, "page_faults_per_repeat": 3.0,
                      "threads": 2, "precision": "bf16 (by hand)", "bare_images_per_second": 1000.0, "fraction_of_peak": speed / 1000.0}}))
"""


def run_of(ours=200.0, compiled=100.0, eager=50.0, peak=800.0, cpu="a processor"):
    """Returns a whole result with the same figures for every kind, 2 GFLOP per image."""
    speeds = {"massface": [ours], EAGER: [eager], COMPILED: [compiled]}
    reports = {"massface": {"gflop_per_image": 2.0, "peak_memory_bytes": 1e9, "page_faults_per_repeat": 0.0}}
    kind = bench_table.summary(speeds, reports, [peak])
    return {"format": bench_table.FORMAT, "machine": {"cpu": cpu, "cores": 2}, "backbone": "net", "batch": 8,
            "threads": 2, **{name: copy.deepcopy(kind) for name in KINDS}, "decode": {"fraction_of_peak": 1.0}}


class Summary(unittest.TestCase):
    def test_medians_the_best_peak_and_the_limit(self):
        reports = {"massface": {"gflop_per_image": 4.0}}
        result = bench_table.summary({"massface": [90, 100, 400], EAGER: [50, 20, 40]}, reports, [700, 800, 750])
        self.assertEqual(result["images_per_second"], {"massface": 100, EAGER: 40})
        self.assertEqual(result["limit_images_per_second"], 200)
        self.assertEqual(result["fraction_of_limit"], {"massface": 0.5, EAGER: 0.2})
        self.assertEqual(result["massface_is_times"], {EAGER: 2.5})

    def test_bf16_is_compared_with_bf16(self):
        speeds = {"massface": [100], OURS_BF16: [300], COMPILED: [50], COMPILED_BF16: [200]}
        result = bench_table.summary(speeds, {"massface": {"gflop_per_image": 4.0}}, [800])
        self.assertEqual(result["massface_is_times"], {COMPILED: 2, COMPILED_BF16: 1.5})

    def test_the_table_has_each_peer_and_the_limit(self):
        text = bench_table.table("step", run_of()["step"], 8)
        self.assertRegex(text, r"step, batch 8 ")
        self.assertRegex(text, r"massface +200\.0 +200\.0 - 200\.0 +50\.0% +40\.00")
        self.assertRegex(text, r"torch\.compile, channels_last +100\.0 .* 2\.00 x +25\.0% +80\.00")
        self.assertRegex(text, r"limit +400\.0 +of 800 GFLOP/s")

    def test_the_machine_is_its_processor_and_vectors(self):
        machine = bench_table.machine("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu avx2 fma avx512fish\n")
        self.assertEqual(machine["cpu"], "Some CPU @ 2 GHz")
        self.assertEqual(machine["vector_instructions"], ["avx2", "fma"])
        self.assertEqual(machine["cores"], len(os.sched_getaffinity(0)))


class Compare(unittest.TestCase):
    def fallen(self, earlier, now, tolerance=0.1):
        return bench_compare.compare(earlier, now, tolerance)[1]

    def test_a_slower_machine_is_no_regression(self):
        self.assertEqual(self.fallen(run_of(), run_of(ours=100, compiled=50, eager=25, peak=400)), [])

    def test_a_ratio_that_falls_by_more_than_the_tolerance_is_named(self):
        fallen = self.fallen(run_of(), run_of(ours=170))
        self.assertEqual(fallen, [f"{kind}: massface / {other}" for kind in KINDS
                                  for other in (COMPILED, "limit")])
        self.assertEqual(self.fallen(run_of(), run_of(ours=170), tolerance=0.2), [])
        self.assertEqual(self.fallen(run_of(), run_of(ours=181)), [])
        self.assertIn("step: massface", bench_compare.verdict(fallen, 0.1))

    def test_a_peer_that_got_faster_lowers_its_ratio_alone(self):
        self.assertEqual(self.fallen(run_of(), run_of(compiled=150)),
                         [f"{kind}: massface / {COMPILED}" for kind in KINDS])

    def test_the_peer_is_one_that_both_have(self):
        without = run_of(eager=100)
        for kind in KINDS:
            del without[kind]["images_per_second"][COMPILED]
        self.assertEqual(self.fallen(run_of(), without), [f"{kind}: massface / {EAGER}" for kind in KINDS])

    def test_images_per_second_are_compared_on_the_same_machine_alone(self):
        self.assertIn("step: images/s, the same machine", bench_compare.compare(run_of(), run_of(), 0.1)[0])
        text = bench_compare.compare(run_of(), run_of(cpu="another"), 0.1)[0]
        self.assertNotIn("images/s, the same machine", text)
        self.assertIn("on another machine", text)

    def test_bf16_is_compared_with_the_peers_bf16(self):
        def with_bf16(compiled):
            run = run_of()
            for kind in KINDS:
                for name, speed in {OURS_BF16: 300, COMPILED_BF16: compiled}.items():
                    run[kind]["images_per_second"][name] = speed
                    run[kind]["fraction_of_limit"][name] = 0.5
            return run

        self.assertEqual(self.fallen(with_bf16(100), with_bf16(200)),
                         [f"{kind}: {OURS_BF16} / {COMPILED_BF16}" for kind in KINDS])
        self.assertEqual(self.fallen(run_of(), with_bf16(200)), [])

    def test_decoding_beside_the_bare_loop_counts_too(self):
        now = run_of()
        now["decode"]["fraction_of_peak"] = 0.8
        self.assertEqual(self.fallen(run_of(), now), ["decode: massface / bare loop"])


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.massface = pathlib.Path(self.folder.name, "massface")
        self.massface.write_text(FAKE_MASSFACE)
        self.massface.chmod(0o755)

    def bench(self, *words, **environment):
        # -S leaves out site-packages, so that PyTorch is not found, wherever this runs.
        command = [sys.executable, "-S", str(TOOLS / "bench.py"), "--massface", str(self.massface), "--rounds", "1",
                   "--batch", "8", "--threads", "2", *words]
        return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})

    def earlier(self, text=None):
        path = pathlib.Path(self.folder.name, "earlier.json")
        path.write_text(self.bench("--json").stdout if text is None else text)
        return str(path)

    def test_one_json_object_beside_the_tables(self):
        finished = self.bench("--json")
        self.assertEqual(finished.returncode, 0, finished.stderr)
        result = json.loads(finished.stdout)
        self.assertEqual(result["inference"]["limit_images_per_second"], 400)
        self.assertEqual(result["machine"], bench_table.machine())
        self.assertIn("No PyTorch to compare with", finished.stderr)
        self.assertEqual(result["step"]["images_per_second"], {"massface": 200, "massface, bf16": 400})
        text = self.bench().stdout
        self.assertRegex(text, r"step, batch 8 .*\n  massface +200\.0")
        self.assertRegex(text, r"one face, batch 1 .*\n  massface +200\.0 .* 5\.00\n")
        self.assertIn("massface's bf16: bf16 (by hand)", text)

    def test_the_exit_code_tells_a_regression(self):
        earlier = self.earlier()
        self.assertEqual(self.bench("--compare", earlier).returncode, 0)
        slower = self.bench("--compare", earlier, "--json", FAKE_SPEED="150")
        self.assertEqual(slower.returncode, 1)
        self.assertIn("A regression: these ratios fell by more than 10%: step: massface / limit; ", slower.stderr)
        fallen = json.loads(slower.stdout)["fallen"]
        self.assertEqual(fallen, [f"{kind}: {name} / limit" for kind in KINDS for name in ("massface", OURS_BF16)]
                         + ["decode: massface / bare loop"])
        self.assertEqual(self.bench("--compare", earlier, "--tolerance", "0.3", FAKE_SPEED="150").returncode, 0)

    def test_a_bad_file_is_a_persons_mistake_said_before_anything_is_measured(self):
        good = json.loads(self.bench("--json").stdout)
        cut = {name: value for name, value in good.items() if name != "inference"}
        twisted = {**good, "step": {**good["step"], "images_per_second": {"massface": "fast"}}}
        for text, words in [("{", "not JSON"), ("[" * 100000, "not JSON"), ("[]", "not made by ./run bench --json"),
                            ('{"format": "other"}', "not made by"), (json.dumps(cut), "invalid contents: 'inference'"),
                            (json.dumps(twisted), "images_per_second.massface"),
                            (json.dumps({**good, "step": []}), "invalid contents"),
                            (json.dumps({**good, "batch": 64}), "Give --batch 64")]:
            finished = self.bench("--compare", self.earlier(text), FAKE_FAILURE="1")
            self.assertEqual(finished.returncode, 2, words)
            self.assertIn(words, finished.stderr)
            self.assertNotIn("Traceback", finished.stderr)
        finished = self.bench("--compare", "/no/such/file")
        self.assertEqual(finished.returncode, 2)
        self.assertIn("/no/such/file: No such file", finished.stderr)

    def test_a_bad_argument_is_refused(self):
        for words in [("--tolerance", "1"), ("--tolerance", "nan"), ("--rounds", "0")]:
            self.assertEqual(self.bench(*words).returncode, 2, words)

    def test_a_program_that_fails_ends_the_run(self):
        finished = self.bench(FAKE_FAILURE="1")
        self.assertEqual(finished.returncode, 1)
        self.assertIn("ended with exit code 1", finished.stderr)


if __name__ == "__main__":
    unittest.main()
