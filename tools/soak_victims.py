"""The commands that tools/soak.py kills: what they are given, where they can be killed, and what must come out."""

import json
import shutil

from soak_checks import (files_below, is_partial, json_lines, metrics_of, require, require_same_bytes,
                         require_same_tree, steps_of_events)

# Every file that appears by a rename can be killed at these points, and one that is appended to at the first.
WRITTEN, NAMED = "file.half_written", ("file.before_rename", "file.after_rename")


def places(pattern, passes):
    """The points of an atomically written file: [(failpoint, number of passes)]."""
    return [(f"{point}@{pattern}", passes) for point in (WRITTEN, *NAMED)]


class Victim:
    share_of_times = 0.25  # of processes that are killed at a random time, not at a failpoint
    kills_per_life = (2, 8)

    def __init__(self, work):
        self.work = work  # the folder of the whole soak

    def preparations(self):
        """The commands that make what the victims need."""
        return []

    def spoil(self):
        """Changes what the preparations made."""

    def reference_commands(self, folder):
        return [self.command(folder)]

    def remember(self, folder):
        """Keeps what the reference wrote."""
        self.tree = {name: path.read_bytes() for name, path in files_below(folder).items()}

    def remaining(self, folder):
        """The part of the work that is left, 0 to 1."""
        return 1.0

    def is_complete(self, folder):
        """Whether a command that was killed has nothing left to do."""
        return False

    def check_names(self, folder):
        """Called after every process: what has its final name is what it will be in the end."""
        for name, path in files_below(folder).items():
            if is_partial(name):
                continue
            require(name in self.tree, f"{path} should not exist")
            require_same_bytes(path, self.tree[name])

    def check_end(self, folder):
        require_same_tree(folder, self.tree)

    def clean_up(self, folder):
        """Removes what a life left outside its folder."""


RECIPE = """
seed = 7
threads = 1
device = "cpu"
dataset.path = "{faces}"
dataset.max_bad_fraction = 0.1
input.height = 32
input.width = 32
backbone.name = "mobilefacenet"
backbone.embedding_size = 16
pipeline.resize = true
pipeline.crop_padding = 2
checkpoint.every_steps = 3
checkpoint.keep = 2
telemetry.log_every_steps = 1
telemetry.progress = false
validation = {{identities = 3, pairs = 20}}
[[phase]]
name = "softmax"
steps = 8
batch.size = 6
optimizer.learning_rate = 0.05
schedule.name = "cosine"
[[phase]]
name = "online"
loss = "triplet"
steps = 6
batch.identities = 3
batch.images_per_identity = 2
optimizer.name = "adam"
optimizer.learning_rate = 0.001
[[phase]]
name = "semi_online"
loss = "triplet"
steps = 5
batch = {{identities = 3, images_per_identity = 2}}
mining = {{pool = "semi_online", scale = 3, strategy = "batch_random", max_triplets = 12}}
optimizer.learning_rate = 0.01
[[phase]]
name = "offline"
loss = "triplet"
steps = 6
batch = {{identities = 3, images_per_identity = 2}}
mining = {{pool = "offline", round_steps = 4, strategy = "batch_random", max_triplets = 12}}
optimizer.learning_rate = 0.01
"""
STEPS = 25
CHECKPOINTS = 10


class Training(Victim):
    """A classifier, then triplets of each kind of pool."""

    name = "train"
    kills_per_life = (3, 12)
    places = [("train.step", STEPS), ("train.step", STEPS), ("train.step", STEPS),
              ("checkpoint.begin", CHECKPOINTS), ("checkpoint.model_written", CHECKPOINTS),
              ("checkpoint.before_rename", CHECKPOINTS), ("checkpoint.after_rename", CHECKPOINTS),
              ("checkpoint.before_prune", CHECKPOINTS), ("checkpoint.pruning", CHECKPOINTS),
              ("checkpoint.accuracy_recorded", CHECKPOINTS), ("train.validating", CHECKPOINTS), ("round.written", 2),
              ("file.half_written@*/metrics.jsonl", 2 * STEPS), ("file.half_written@*/events.out*", 2 * STEPS),
              ("file.half_written@*/bad_images.txt", 1),
              *places("*/options.toml", 1), *places("*/state.json", 2 * CHECKPOINTS), *places("*/best.json", 3),
              *places("*/checkpoints/*.safetensors", 2 * CHECKPOINTS), *places("*/round_*.npy", 2),
              *places("*/round_*.json", 2), *places("*/result.json", 1), *places("*/metrics.jsonl", 1),
              *[place for phase in ("softmax", "offline") for place in places(f"*/{phase}.safetensors", 1)]]

    def faces(self):
        return self.work / "faces/train"

    def preparations(self):
        return [["synth", self.work / "faces", "--identities", 12, "--images-per-identity", 5, "--test-identities", 20,
                 "--test-images-per-identity", 2, "--pairs-per-fold", 2, "--seed", 5]]

    def spoil(self):
        (self.work / "small.toml").write_text(RECIPE.format(faces=self.faces()))
        unreadable = sorted(self.faces().rglob("*.jpg"))[7]
        unreadable.write_text("not an image")

    def command(self, folder, *options):
        run = folder / "run"
        if (run / "options.toml").exists():
            return ["train", "--resume", run]
        return ["train", self.work / "small.toml", "--run", run, *options]

    def reference_commands(self, folder):
        # The first keeps every checkpoint, to compare with those of a run that was killed.
        all_checkpoints = folder.with_name(folder.name + "-all")
        return [self.command(all_checkpoints, "checkpoint.keep=1000"), self.command(folder)]

    def remember(self, folder):
        run, every = folder / "run", folder.with_name(folder.name + "-all") / "run"
        self.run = {name: path.read_bytes() for name, path in files_below(run).items()}
        weights = {name: path.read_bytes() for name, path in files_below(every).items()
                   if name.endswith((".safetensors", ".npy")) and not name.endswith("-best.safetensors")}
        # What a file with this name holds whenever it exists.
        self.always = weights | {name: content for name, content in self.run.items()
                                 if name == "options.toml" or name.startswith("triplets/")}
        self.losses, self.accuracies = metrics_of(run / "metrics.jsonl")
        require(sorted(self.losses) == list(range(1, STEPS + 1)), "the reference has other steps than expected")
        require((run / "bad_images.txt").exists(), "the reference met no unreadable image")

    def remaining(self, folder):
        steps = [int(path.name.removeprefix("step-")) for path in (folder / "run/checkpoints").glob("step-?????????")]
        return 1 - max(steps, default=0) / STEPS

    def check_names(self, folder):
        run = folder / "run"
        for name, path in files_below(run).items():
            if is_partial(name):
                continue
            if name in self.always:
                require_same_bytes(path, self.always[name])
            elif name.endswith(".json"):
                json.loads(path.read_text())
            elif name.endswith(".safetensors"):
                # Of a step at which a signal stopped the run; or the best of a phase, which changes while it runs.
                require("/step-" in name or name.endswith("-best.safetensors"), f"{path} should not exist")
        for checkpoint in run.glob("checkpoints/step-?????????"):
            parts = sorted(path.name for path in checkpoint.iterdir() if not is_partial(path.name))
            require(parts == ["model.safetensors", "state.json", "training.safetensors"], f"{checkpoint} has {parts}")

    def check_end(self, folder):
        run = folder / "run"
        found = files_below(run)
        partial = sorted(name for name in found if is_partial(name))
        require(not partial, f"left over: {partial}")
        for name, content in self.run.items():
            if name.endswith((".safetensors", ".npy", "best.json", "options.toml")) or name.startswith("triplets/"):
                # Which older checkpoints are kept depends on where the run was stopped; the last is always the same.
                if "/step-" not in name or f"step-{STEPS:09}" in name:
                    require(name in found, f"{run}: {name} is missing")
                    require_same_bytes(found[name], content)
        losses, accuracies = metrics_of(run / "metrics.jsonl")
        require(losses == self.losses, f"{run}/metrics.jsonl: its steps differ: {losses}\nexpected: {self.losses}")
        require(accuracies == self.accuracies, f"{run}/metrics.jsonl: its validations differ")
        steps = steps_of_events(run / "tensorboard")
        require(steps == list(range(1, STEPS + 1)), f"{run}/tensorboard shows the steps {steps}")
        bad = (run / "bad_images.txt").read_bytes()
        require(bad == self.run["bad_images.txt"], f"{run}/bad_images.txt is {bad}")
        require(json.loads((run / "result.json").read_text())["status"] == "finished", "the result is not finished")


class Align(Victim):
    """Photographs to crops, with their manifest and contact sheet."""

    name = "align"
    places = [("file.half_written@*/manifest.jsonl", 24), *places("*/faces/*.jpg", 40),
              *places("*/faces/manifest.jsonl", 2), *places("*/sheet.png", 1)]

    def preparations(self):
        return [["synth", self.work / "scenes", "--photographs", "--bystanders", 0.5, "--identities", 6,
                 "--images-per-identity", 4, "--test-identities", 20, "--test-images-per-identity", 2,
                 "--pairs-per-fold", 1, "--seed", 2]]

    def command(self, folder):
        return ["align", self.work / "scenes/train", folder / "faces", "--faces", "all", "--threads", 2,
                "--contact-sheet", folder / "sheet.png"]

    def remember(self, folder):
        super().remember(folder)
        self.photographs = self.tree["faces/manifest.jsonl"].count(b"\n") - 1

    def remaining(self, folder):
        manifest = folder / "faces/manifest.jsonl"
        lines = manifest.read_bytes().count(b"\n") - 1 if manifest.exists() else 0
        return 1 - 0.9 * lines / self.photographs  # the sheet is left

    def check_names(self, folder):
        for name, path in files_below(folder).items():
            if name.endswith("manifest.jsonl"):
                for line in json_lines(path, cut_off_allowed=True):
                    for face in line.get("faces", []):
                        crop = folder / "faces" / face["file"]
                        require(crop.exists(), f"{path} lists {crop}, which does not exist")
            elif not is_partial(name):
                require(name in self.tree, f"{path} should not exist")
                require_same_bytes(path, self.tree[name])


class Pack(Victim):
    """A face set to several shards and their index."""

    name = "pack"
    share_of_times = 0.2  # most of the time is the program's start
    places = places("*.mfp", 6)

    def command(self, folder):
        if not (folder / "set.mfp").exists():
            for shard in folder.glob("set-*.mfp"):  # as the message advises
                shard.unlink()
        return ["pack", self.work / "scenes/train", folder / "set.mfp", "--shard-size", "300k", "--cache=false"]

    def is_complete(self, folder):
        return (folder / "set.mfp").exists()


class Folder(Victim):
    """A folder that appears as a whole: `unpack` or `synth`."""

    share_of_times = 0.25

    def __init__(self, work, name):
        super().__init__(work)
        self.name = name
        self.places = [("folder.before_rename", 1), ("folder.after_rename", 1)]
        self.places += [("file.half_written@*.jpg", 20)] if name == "unpack" else [("synth.image", 60)]

    def preparations(self):
        if self.name == "synth":
            return []
        return [["pack", self.work / "scenes/test", self.work / "set.mfp", "--cache=false"]]

    def command(self, folder):
        if self.name == "unpack":
            return ["unpack", self.work / "set.mfp", folder / "faces"]
        return ["synth", folder / "faces", "--identities", 10, "--images-per-identity", 2, "--test-identities", 20,
                "--test-images-per-identity", 2, "--pairs-per-fold", 2]

    def is_complete(self, folder):
        return (folder / "faces").exists()

    def check_names(self, folder):
        if self.is_complete(folder):
            require(any(folder.iterdir()), "the folder is empty")
            require_same_tree(folder / "faces", {name.removeprefix("faces/"): content
                                                 for name, content in self.tree.items()})


class Clean(Victim):
    """The findings of `clean`, a folder that appears as a whole. Comes after Training, whose faces and recipe it uses."""

    name = "clean"
    share_of_times = 0.4
    places = [("folder.before_rename", 1), ("folder.after_rename", 1), ("file.half_written@*/decisions.csv", 1),
              ("file.half_written@*/report.html", 1), ("file.after_rename@*/unreadable_images.txt", 1)]

    def preparations(self):
        return [["train", self.work / "small.toml", "--run", self.work / "cleaner"]]

    def command(self, folder):
        return ["clean", self.work / "faces/train", "--model", self.work / "cleaner", "--resize", "--threads", 1,
                "--device", "cpu", "--cache=false", "--out", folder / "found"]

    def is_complete(self, folder):
        return (folder / "found").exists()


class Export(Victim):
    """A graph of a network. Comes after Clean, whose network it uses."""

    name = "export"
    share_of_times = 0.4
    places = places("*/network.onnx", 1)

    def command(self, folder):
        return ["export", self.work / "cleaner", "--out", folder / "network.onnx"]

    def is_complete(self, folder):
        return (folder / "network.onnx").exists()


class Embed(Victim):
    """A table of faces. Comes after Training and Clean, whose faces and network it uses."""

    name = "embed"
    share_of_times = 0.4
    places = [("file.half_written@*/rows.f32", 30), ("file.half_written@*/images.jsonl", 30), *places("*/table.npy", 1),
              *places("*/table.jsonl", 1)]

    def command(self, folder):
        return ["embed", self.work / "faces/train", "--aligned", "--resize", "--model", self.work / "cleaner",
                "--threads", 1, "--device", "cpu", "--out", folder / "table.npy"]

    def check_names(self, folder):
        for name, path in files_below(folder).items():
            if is_partial(name) or name.startswith("table.npy.unfinished/"):
                continue
            require(name in self.tree, f"{path} should not exist")
            require_same_bytes(path, self.tree[name])

    def is_complete(self, folder):
        return (folder / "table.npy").exists() and not (folder / "table.npy.unfinished").exists()


class Cluster(Victim):
    """Folders of people. Comes after Training and Clean, whose faces and network it uses."""

    name = "cluster"
    share_of_times = 0.4
    places = [("file.half_written@*/rows.f32", 30), ("file.half_written@*/images.jsonl", 30),
              ("file.before_rename@*/crops/*", 30), *places("*/faces.csv", 1), *places("*/sheet.html", 1)]

    def command(self, folder):
        return ["cluster", self.work / "faces/train", "--aligned", "--resize", "--model", self.work / "cleaner",
                "--threads", 1, "--device", "cpu", "--threshold", 0.9, "--sheet", folder / "sheet.html",
                "--out", folder / "people"]

    def check_names(self, folder):
        for name, path in files_below(folder).items():
            if is_partial(name) or name.startswith("people.unfinished/"):
                continue
            require(name in self.tree, f"{path} should not exist")
            require_same_bytes(path, self.tree[name])

    def is_complete(self, folder):
        return (folder / "people").exists() and not (folder / "people.unfinished").exists()


class WriteThresholds(Victim):
    """A table of thresholds, written into a file of weights. Comes after Training and Clean, whose faces and network it
    uses."""

    name = "evaluate"
    share_of_times = 0.4
    places = places("*/network.safetensors", 1)

    def command(self, folder):
        weights = folder / "network.safetensors"
        if not weights.exists():  # of a new life; nothing else may remove it
            require(not files_below(folder), f"{weights} is gone")
            shutil.copy(self.work / "cleaner/offline.safetensors", weights)
        return ["evaluate", weights, "--all-pairs", self.work / "faces/train", "--resize", "--threads", 1,
                "--device", "cpu", "--write-thresholds"]

    def check_names(self, folder):
        """The weights are those without the table, or with all of it."""
        for name, path in files_below(folder).items():
            if is_partial(name):
                continue
            require(name in self.tree, f"{path} should not exist")
            if path.read_bytes() != (self.work / "cleaner/offline.safetensors").read_bytes():
                require_same_bytes(path, self.tree[name])
