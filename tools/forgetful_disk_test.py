#!/usr/bin/env python3
"""Tests the disk that ./run soak preloads: forgetful_disk_test.py LIBRARY. It must lose what was not flushed, no more."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

LIBRARY = os.path.abspath(sys.argv.pop())
TOOLS = """
import os, sys
os.chdir(sys.argv[1])
def write(name, text, flush=True):
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, text.encode())
    if flush: os.fsync(descriptor)
    os.close(descriptor)
def flush(name):
    descriptor = os.open(name, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
"""


class ForgetfulDisk(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name) / "disk"
        self.root.mkdir()
        self.log = pathlib.Path(self.folder.name) / "log"

    def tearDown(self):
        self.folder.cleanup()

    def run_on_disk(self, program):
        """Returns the lines of what was lost."""
        environment = dict(os.environ, LD_PRELOAD=LIBRARY, FORGETFUL_DISK_LOG=str(self.log))
        subprocess.run([sys.executable, "-c", TOOLS + program, str(self.root)], env=environment, check=True)
        return self.log.read_text().splitlines() if self.log.exists() else []

    def test_keeps_a_file_that_was_flushed_before_its_name_and_whose_name_was_flushed(self):
        self.assertEqual(self.run_on_disk("write('a', 'text'); os.rename('a', 'b'); flush('.')"), [])
        self.assertEqual((self.root / "b").read_text(), "text")

    def test_keeps_what_an_earlier_process_flushed(self):
        self.assertEqual(self.run_on_disk("write('a', 'text')"), [])
        self.assertEqual(self.run_on_disk("os.rename('a', 'b'); flush('.')"), [])
        self.assertEqual((self.root / "b").read_text(), "text")

    def test_cuts_a_file_that_was_not_flushed(self):
        lost = self.run_on_disk("write('a', 'text', flush=False); os.rename('a', 'b'); flush('.')")
        self.assertEqual(lost, ["lost b: its bytes were not flushed before it got this name"])
        self.assertEqual((self.root / "b").read_text(), "te")

    def test_cuts_a_file_that_was_changed_after_its_flush(self):
        lost = self.run_on_disk("write('a', 'text'); write('a', 'TEXT', flush=False); os.rename('a', 'b'); flush('.')")
        self.assertEqual(len(lost), 1)

    def test_looks_at_the_files_and_the_entries_of_a_folder(self):
        program = "os.mkdir('a'); write('a/x', 'x'); {}; os.rename('a', 'b'); flush('.')"
        self.assertEqual(self.run_on_disk(program.format("flush('a')")), [])
        self.assertTrue((self.root / "b/x").exists())
        program = "os.mkdir('c'); write('c/x', 'x'); os.rename('c', 'd'); flush('.')"
        self.assertEqual(self.run_on_disk(program),
                         ["lost d: its entries were not flushed before it got this name"])
        self.assertFalse((self.root / "d/x").exists())

    def test_reports_a_rename_that_was_not_flushed_when_the_process_ends(self):
        self.assertEqual(self.run_on_disk("write('a', 'text'); os.rename('a', 'b')"),
                         ["lost b: the process ended before its new name was flushed"])

    def test_reports_what_is_removed_before_a_rename_was_flushed(self):
        self.assertEqual(self.run_on_disk("write('a', 'a'); write('c', 'c'); os.rename('a', 'b'); os.unlink('c')"),
                         ["lost b: something else was removed before its new name was flushed"])


unittest.main()
