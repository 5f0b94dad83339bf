"""./run bench --compare FILE: compares this run with an earlier one.

Machines differ, so only ratios within each run are compared: massface to a peer, and massface to the machine's limit.
If both runs name the same machine, images/s are shown as well, for information only: other work on the machine changes
them, whereas it affects both sides of a ratio.
"""

import json

import bench_table

# The first of these peers that both runs have is compared with.
PEERS = ["torch.compile, channels_last", "PyTorch eager, channels_last", "PyTorch eager", "onnxruntime"]
SETTINGS = ["backbone", "batch", "threads"]


class BadFile(Exception):
    """A mistake of the user: the message says what is wrong with FILE, and what to do."""


def read_earlier(path):
    try:
        with open(path, encoding="utf-8") as file:
            earlier = json.load(file)
    except OSError as error:
        raise BadFile(f"--compare {path}: {error.strerror}. Give the output of an earlier ./run bench --json.")
    except (ValueError, RecursionError) as error:
        raise BadFile(f"--compare {path}: not JSON ({error}). Give the output of an earlier ./run bench --json.")
    if not isinstance(earlier, dict) or earlier.get("format") != bench_table.FORMAT:
        raise BadFile(f"--compare {path}: not made by ./run bench --json: it lacks \"format\": "
                      f"\"{bench_table.FORMAT}\". Measure anew with ./run bench --json > FILE.")
    try:
        check_shape(earlier)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadFile(f"--compare {path}: missing or invalid contents: {error}; was it cut or changed? Measure anew "
                      "with ./run bench --json > FILE.")
    return earlier


def check_shape(earlier):
    """Accesses everything that is read later, so that missing parts raise an exception here."""
    for name in [*SETTINGS, "machine"]:
        earlier[name]
    for kind in bench_table.KINDS:
        for part in ("images_per_second", "fraction_of_limit"):
            for name, value in earlier[kind][part].items():
                if not isinstance(value, (int, float)) or not value > 0:
                    raise KeyError(f"{kind}.{part}.{name}")
        if bench_table.OURS not in earlier[kind]["images_per_second"]:
            raise KeyError(f"{kind}.images_per_second.{bench_table.OURS}")
        if earlier[kind]["images_per_second"].keys() != earlier[kind]["fraction_of_limit"].keys():
            raise KeyError(f"{kind}.fraction_of_limit")
    if not earlier["decode"]["fraction_of_peak"] > 0:
        raise KeyError("decode.fraction_of_peak")


def require_same_settings(path, earlier, settings):
    for name in SETTINGS:
        if earlier[name] != settings[name]:
            raise BadFile(f"--compare {path}: it was measured with --{name} {earlier[name]}, but this run has "
                          f"{settings[name]}. Give --{name} {earlier[name]}, or measure both anew.")


def rows_of_kind(kind, earlier, now):
    """Yields (what, earlier, now) for each ratio that both runs have."""
    before, after = earlier["images_per_second"], now["images_per_second"]
    for name in filter(bench_table.is_ours, after):
        if name not in before:
            continue
        suffix = bench_table.BF16 if bench_table.computes_bf16(name) else ""
        peers = [other + suffix for other in PEERS] + PEERS
        peer = next((other for other in peers if other in before and other in after), None)
        if peer:
            yield f"{kind}: {name} / {peer}", before[name] / before[peer], after[name] / after[peer]
        yield f"{kind}: {name} / limit", earlier["fraction_of_limit"][name], now["fraction_of_limit"][name]


def rows(earlier, now):
    for kind in bench_table.KINDS:
        yield from rows_of_kind(kind, earlier[kind], now[kind])
    yield "decode: massface / bare loop", earlier["decode"]["fraction_of_peak"], now["decode"]["fraction_of_peak"]


def compare(earlier, now, tolerance):
    """Returns the table and the names of the ratios that fell by more than the tolerance."""
    lines = [f"{'compared with the earlier run':<64}{'earlier':>10}{'now':>10}{'change':>10}"]
    fallen = []
    for what, before, after in rows(earlier, now):
        fell = after < before * (1 - tolerance)
        lines.append(f"  {what:<62}{before:>10.3f}{after:>10.3f}{after / before - 1:>+10.1%}{'  fell' if fell else ''}")
        if fell:
            fallen.append(what)
    if earlier["machine"] == now["machine"]:
        for kind in bench_table.KINDS:
            before = earlier[kind]["images_per_second"][bench_table.OURS]
            after = now[kind]["images_per_second"][bench_table.OURS]
            lines.append(f"  {kind + ': images/s, the same machine':<62}{before:>10.1f}{after:>10.1f}"
                         f"{after / before - 1:>+10.1%}")
    else:
        lines.append("  The earlier run was measured on another machine, so images/s are not compared.")
    return "\n".join(lines), fallen


def verdict(fallen, tolerance):
    if not fallen:
        return f"No ratio fell by more than {tolerance:.0%}."
    return f"A regression: these ratios fell by more than {tolerance:.0%}: {'; '.join(fallen)}."
