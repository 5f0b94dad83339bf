#!/usr/bin/env python3
"""./run soak: kills massface at random moments, runs the same command again until it ends, and compares what it wrote.

A *life* is one folder in which a command is killed several times and then left to end. Each process is killed either at
a random time of what remains of its work, or at a failpoint (src/core/failpoint.h) of one of its writers. After every
kill, each file under its final name must be whole, and equal the file of a process that was never killed; at the end,
the whole folder must. All processes run with a preloaded disk (src/core/testing_forgetful_disk.cpp) that loses what was
not flushed before a rename. The first difference ends the soak, and its folder is kept.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from soak_checks import Difference
from soak_victims import (Align, Clean, Cluster, Embed, Export, Folder, Pack, Training,
                          WriteThresholds)

SIGNALS = {"kill": signal.SIGKILL, "terminate": signal.SIGTERM, "hangup": signal.SIGHUP, "warn": signal.SIGUSR1}
WEIGHTS = {"kill": 5, "terminate": 2, "hangup": 1, "warn": 1}  # of how often a signal is sent
RANDOM_TIME = "a random time"
TIMEOUT_SECONDS = 300  # of a single process; more means that it hangs
KILLS_SHORT = {"train": 16, "align": 5, "pack": 5, "unpack": 3, "synth": 3, "clean": 3, "embed": 4, "cluster": 4,
               "export": 3, "evaluate": 3}
KILLS_LONG = {"train": 1000, "align": 200, "pack": 200, "unpack": 200, "synth": 200, "clean": 200, "embed": 200,
              "cluster": 200, "export": 200, "evaluate": 200}


class Machine:
    """Runs massface, on the disk that forgets, and kills it."""

    def __init__(self, build):
        self.program = str(build / "massface")
        self.disk = str(build / "libforgetful_disk.so")

    def run(self, words, log, place=None, delay=None, name="kill"):
        """Returns (exit code, standard error, whether the delay was over). log: the disk's. Kills the process at the
        failpoint `place`, if given, or after it has used the processor for `delay` seconds."""
        environment = dict(os.environ, LD_PRELOAD=self.disk, FORGETFUL_DISK_LOG=str(log), OMP_WAIT_POLICY="passive")
        environment.pop("MASSFACE_FAILPOINT", None)
        if place:
            environment["MASSFACE_FAILPOINT"] = place
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen([self.program, *map(str, words)], env=environment, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=errors)
            try:
                late = delay is not None and outlives(process, delay)
                if late:
                    process.send_signal(SIGNALS[name])
                if not ends(process):
                    raise Difference(f"the process did not end within {TIMEOUT_SECONDS} s")
            finally:
                process.kill()
                process.wait()
            errors.seek(0)
            return process.returncode, errors.read().decode(errors="replace"), late


def processor_seconds_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ends(process):
    """Waits for the process, but not for ever. Seconds in which this process was suspended as well do not count."""
    for _ in range(TIMEOUT_SECONDS):
        try:
            process.wait(1)
            return True
        except subprocess.TimeoutExpired:
            pass
    return False


def outlives(process, seconds):
    """Waits until the process has ended or used the processor for so long, which other work on the machine does not
    change. Returns whether it is still running."""
    clock = ~process.pid << 3 | 2  # clock_getcpuclockid()
    while process.poll() is None:
        try:
            left = seconds - time.clock_gettime(clock)
            if left <= 0:
                return True
            process.wait(max(left / 2, 0.0005))
        except (OSError, subprocess.TimeoutExpired):  # it has just ended, or is still running
            pass
    return False


def outcome_of(code, errors):
    """Returns "finished", "killed", or "stopped" (it ended by itself because of a signal)."""
    if code == 0:
        return "finished"
    if -code in SIGNALS.values():
        return "killed"
    if code == 1 and "stopped by a signal" in errors:
        return "stopped"
    raise Difference(f"exit code {code}:\n{errors}")


class Soak:
    def __init__(self, machine, folder, seed):
        self.machine, self.folder, self.seed = machine, folder, seed
        self.counts = collections.Counter()  # by (victim, place, signal)
        self.lock = threading.Lock()

    def kills(self, victim):
        with self.lock:
            return sum(count for key, count in self.counts.items() if key[0] == victim.name)

    def count(self, victim, place, name):
        with self.lock:
            self.counts[victim.name, place, name] += 1
        if self.kills(victim) % 100 == 0:
            print(f"{victim.name}: {self.kills(victim)} kills so far", file=sys.stderr, flush=True)

    def require_nothing_forgotten(self, log):
        if log.exists() and log.stat().st_size:
            raise Difference("the disk forgot what was not flushed:\n" + log.read_text())

    def reference(self, victim):
        """Runs the victim's command without a kill, and measures how long it takes."""
        folder, log = self.folder / f"{victim.name}-reference", self.folder / f"{victim.name}-reference.log"
        folder.mkdir()
        start = processor_seconds_of_children()
        self.machine.run(["--version"], log)
        victim.start_seconds = processor_seconds_of_children() - start
        for words in victim.reference_commands(folder):
            start = processor_seconds_of_children()
            code, errors, _ = self.machine.run(words, log)
            if code != 0:
                raise Difference(f"the command fails without a kill: {' '.join(map(str, words))}\n{errors}")
            victim.whole_seconds = processor_seconds_of_children() - start
        self.require_nothing_forgotten(log)
        victim.remember(folder)

    def plan(self, victim, folder, chance):
        """Returns the arguments of Machine.run() that kill the next process, and the name of the place."""
        name = chance.choices(list(WEIGHTS), WEIGHTS.values())[0]
        remaining = victim.remaining(folder)
        work = remaining * (victim.whole_seconds - victim.start_seconds)
        if chance.random() < victim.share_of_times:
            first = 0 if chance.random() < 0.1 else 0.8 * victim.start_seconds
            last = victim.start_seconds + work
            return {"delay": chance.uniform(first, max(first, last)), "name": name}, RANDOM_TIME, name
        point, passes = chance.choice(victim.places)
        number = chance.randint(1, max(1, round(passes * remaining)))
        # A process that does not come by there so often is killed later, or ends: some places are the last of its work.
        plan = {"place": f"{point}:{name}:{number}", "delay": victim.start_seconds + work * chance.uniform(0.7, 1.3)}
        return plan | {"name": name}, point, name

    def live(self, victim, number):
        """One life. Raises Difference."""
        chance = random.Random(f"{self.seed} {victim.name} {number}")
        folder = self.folder / f"{victim.name}-{number}"
        log = folder.with_suffix(".log")
        folder.mkdir()
        history = []
        kills = chance.randint(*victim.kills_per_life)
        try:
            while True:
                plan, place, name = self.plan(victim, folder, chance) if kills > 0 else ({}, "", "")
                words = victim.command(folder)
                history.append(f"{plan}: massface {' '.join(map(str, words))}")
                code, errors, late = self.machine.run(words, log, **plan)
                outcome = outcome_of(code, errors)
                history.append(f"  {outcome}")
                self.require_nothing_forgotten(log)
                victim.check_names(folder)
                if outcome == "finished":
                    break
                kills -= 1
                self.count(victim, RANDOM_TIME if late else place, name)
                if victim.is_complete(folder):
                    break
            victim.check_end(folder)
        except Difference as difference:
            raise Difference(f"{victim.name}, life {number}, in {folder}:\n" + "\n".join(history) + f"\n{difference}")
        shutil.rmtree(folder)
        log.unlink(missing_ok=True)
        log.with_name(log.name + ".flushed").unlink(missing_ok=True)
        victim.clean_up(folder)

    def kill(self, victim, kills, jobs):
        """Lives until that many processes were killed."""
        numbers = iter(range(1, 10**9))
        failed = threading.Event()

        def work():
            while self.kills(victim) < kills and not failed.is_set():
                with self.lock:
                    number = next(numbers)
                try:
                    self.live(victim, number)
                except BaseException:
                    failed.set()
                    raise

        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for result in [pool.submit(work) for _ in range(jobs)]:
                result.result()

    def print_table(self, victim, seconds):
        print(f"{victim.name}: {self.kills(victim)} kills in {seconds:.0f} s, no difference")
        places = collections.defaultdict(dict)
        for (name, place, sent), count in self.counts.items():
            if name == victim.name:
                places[place][sent] = count
        for place, sent in sorted(places.items()):
            print(f"  {place:44}" + "".join(f"  {name} {count}" for name, count in sorted(sent.items())), flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./run soak", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("length", nargs="?", choices=["short", "long"], default="long")
    parser.add_argument("--build", type=pathlib.Path, default="build/release", help="folder of the program")
    parser.add_argument("--seed", type=int, help="of the random moments (default: a new one, which is printed)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes at a time")
    parser.add_argument("--kills", action="append", default=[], metavar="NAME=COUNT",
                        help=f"instead of the usual number; NAME: {', '.join(KILLS_LONG)}")
    parser.add_argument("--folder", type=pathlib.Path, help="where to work (default: a new temporary folder)")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    kills = dict(KILLS_SHORT if arguments.length == "short" else KILLS_LONG)
    kills.update((name, int(count)) for name, count in (text.split("=") for text in arguments.kills))
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="soak-", dir=arguments.folder))
    print(f"seed {seed}, in {folder}", flush=True)
    soak = Soak(Machine(arguments.build.resolve()), folder, seed)
    try:
        victims = [Training(folder), Align(folder), Pack(folder), Folder(folder, "unpack"), Folder(folder, "synth"),
                   Clean(folder), Embed(folder), Cluster(folder), Export(folder),
                   WriteThresholds(folder)]
        for victim in victims:
            for words in victim.preparations():
                code, errors, _ = soak.machine.run(words, folder / "preparations.log")
                if code != 0:
                    raise Difference(f"massface {' '.join(map(str, words))} failed:\n{errors}")
            soak.require_nothing_forgotten(folder / "preparations.log")
            victim.spoil()
        for victim in victims:
            if kills[victim.name] == 0:
                continue
            start = time.monotonic()
            soak.reference(victim)
            soak.kill(victim, kills[victim.name], arguments.jobs)
            soak.print_table(victim, time.monotonic() - start)
    except Difference as difference:
        print(f"FAILED (--seed {seed}): {difference}\nEverything is left in {folder}", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
