"""Turns the measurements of ./run bench into the JSON object and the tables. Measures nothing itself."""

import os
import re
import statistics

FORMAT = "massface-bench-2"
OURS = "massface"
BF16 = ", bf16"  # ends the names of programs that compute in bfloat16, ours and the peers'
KINDS = ["step", "inference", "one face"]  # "one face": inference with a batch of 1
# The flags in /proc/cpuinfo that decide how fast the kernels can be.
VECTOR_FLAGS = ["avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16"]


def is_ours(name):
    return name.startswith(OURS)


def computes_bf16(name):
    return name.endswith(BF16)


def ours_beside(name):
    """Returns the name of our program that computes in the same precision."""
    return OURS + BF16 if computes_bf16(name) else OURS


def machine(cpuinfo=None):
    """Returns what makes speeds comparable: the processor, the cores this process may use, the vector instructions."""
    if cpuinfo is None:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            cpuinfo = file.read()
    field = lambda name: re.search(rf"^{name}\s*: (.*)$", cpuinfo, re.MULTILINE)
    model, flags = field("model name"), field("flags")
    present = flags[1].split() if flags else []
    return {"cpu": model[1].strip() if model else "unknown",
            "cores": len(os.sched_getaffinity(0)),
            "vector_instructions": [flag for flag in VECTOR_FLAGS if flag in present],
            "vectors_allowed": os.environ.get("MASSFACE_VECTORS", "all")}


def summary(speeds, reports, peaks):
    """Returns the JSON of one kind of work.

    speeds: {name: [images/s of each round]}; reports: {our name: its last report}; peaks: the multiply-add peak that
    each of our measurements found, GFLOP/s.
    """
    # The peak is what the machine reaches when nothing disturbs it, so take the best of the rounds.
    limit = max(peaks) / reports[OURS]["gflop_per_image"]
    median = {name: statistics.median(rounds) for name, rounds in speeds.items()}
    return {"images_per_second": median,
            "images_per_second_of_rounds": speeds,
            "peak_gflops": max(peaks),
            "limit_images_per_second": limit,
            "fraction_of_limit": {name: speed / limit for name, speed in median.items()},
            "massface_is_times": {name: median[ours_beside(name)] / speed for name, speed in median.items()
                                  if not is_ours(name)},
            "reports": reports}


def table(kind, result, batch):
    """The table of one kind. `massface is` compares with massface in the same precision."""
    lines = [f"{kind + f', batch {batch}':<36}{'images/s':>10}{'spread':>18}{'massface is':>14}{'of the limit':>14}"
             f"{'ms':>9}"]
    for name, median in result["images_per_second"].items():
        rounds = result["images_per_second_of_rounds"][name]
        spread = f"{min(rounds):.1f} - {max(rounds):.1f}"
        times = result["massface_is_times"].get(name)
        ratio = f"{times:.2f} x" if times else ""
        lines.append(f"  {name:<34}{median:>10.1f}{spread:>18}{ratio:>14}{result['fraction_of_limit'][name]:>14.1%}"
                     f"{1e3 * batch / median:>9.2f}")
    what = f"of {result['peak_gflops']:.0f} GFLOP/s, the float32 multiply-add peak"
    lines.append(f"  {'limit':<34}{result['limit_images_per_second']:>10.1f}  {what}")
    if OURS + BF16 in result["reports"]:
        lines.append(f"  massface's bf16: {result['reports'][OURS + BF16]['precision']}")
    report = result["reports"][OURS]
    lines.append(f"  massface: {report['peak_memory_bytes'] / 1e6:.0f} MB at most, "
                 f"{report['page_faults_per_repeat']:.0f} page faults per batch once warm")
    return "\n".join(lines)


def decode_table(report):
    ours, bare = report["images_per_second"], report["bare_images_per_second"]
    lines = [f"{'decode, 112x112 JPEG':<36}{'images/s':>10}{'':>18}{'massface is':>14}"]
    lines.append(f"  {f'massface, threads: ' + str(report['threads']):<34}{ours:>10.0f}")
    # This is the median of the turns' ratios, which is not always the ratio of the two medians.
    lines.append(f"  {'a bare loop of TurboJPEG':<34}{bare:>10.0f}{'':>18}{report['fraction_of_peak']:>12.2f} x")
    return "\n".join(lines)
