#!/usr/bin/env python3
"""Draws docs/pictures/roofline.svg: the layers of a training step under the machine's two roofs.

    massface benchmark step --profile --json >profile.json
    python3 tools/draw_roofline.py profile.json docs/pictures/roofline.svg
"""

import json
import math
import pathlib
import sys

WIDTH, HEIGHT = 760, 500
LEFT, RIGHT, TOP, BOTTOM = 70, 560, 60, 440
KINDS = {"stem": "#8a5a00", "depthwise": "#1f6fb2", "pointwise": "#c8452d", "global_depthwise": "#2b8a57",
         "embedding": "#7a3fa0", "classifier_and_loss": "#444444"}
GREY = "#666666"


class Axes:
    """Both axes are logarithmic: FLOP per byte on the x axis, GFLOP/s on the y axis."""

    def __init__(self, points, peak, bandwidth):
        intensities, speeds = [p[0] for p in points], [p[1] for p in points]
        ridge = peak / bandwidth
        self.x_range = (math.log10(min([*intensities, ridge]) / 1.6), math.log10(max([*intensities, ridge]) * 2))
        self.y_range = (math.log10(min([*speeds, peak]) / 1.6), math.log10(peak * 1.8))

    @staticmethod
    def place(value, value_range, begin, end):
        low, high = value_range
        return begin + (math.log10(value) - low) / (high - low) * (end - begin)

    def x(self, intensity):
        return self.place(intensity, self.x_range, LEFT, RIGHT)

    def y(self, gflops):
        return self.place(gflops, self.y_range, BOTTOM, TOP)


def text(x, y, words, colour="#222222", size=12, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">{words}</text>'


def line(x1, y1, x2, y2, colour="#222222", width=1.0, more=""):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}" '
            f'{more}/>')


def mark(x, y, colour, backward, size, opacity=1.0):
    style = f'fill="{colour}" fill-opacity="{opacity}"'
    if backward:
        return f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size}" height="{2 * size}" {style}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" {style}/>'


def point_of(work):
    """Returns (FLOP per byte, GFLOP/s), or None for work without floating-point operations."""
    if work.get("gflop", 0) <= 0:
        return None
    return 1e3 * work["gflop"] / work["megabytes"], work["gflops"]


def ticks(axes):
    parts = []
    for exponent in range(math.ceil(axes.x_range[0]), math.floor(axes.x_range[1]) + 1):
        x = axes.x(10**exponent)
        parts += [line(x, TOP, x, BOTTOM, "#e4e4e4"), text(x, BOTTOM + 18, f"{10.0**exponent:g}", GREY, anchor="middle")]
    for exponent in range(math.ceil(axes.y_range[0]), math.floor(axes.y_range[1]) + 1):
        y = axes.y(10**exponent)
        parts += [line(LEFT, y, RIGHT, y, "#e4e4e4"), text(LEFT - 8, y + 4, f"{10.0**exponent:g}", GREY, anchor="end")]
    return parts


def roofs(axes, peak, bandwidth):
    ridge = peak / bandwidth
    low = max(10 ** axes.x_range[0], 10 ** axes.y_range[0] / bandwidth)
    right = 10 ** axes.x_range[1]
    x, y = axes.x(math.sqrt(low * ridge)), axes.y(bandwidth * math.sqrt(low * ridge))
    slope = math.degrees(math.atan2(axes.y(peak) - axes.y(bandwidth * low), axes.x(ridge) - axes.x(low)))
    label = text(0, -8, f"memory: {bandwidth:.0f} GB/s", anchor="middle", size=13)
    return [line(axes.x(low), axes.y(bandwidth * low), axes.x(ridge), axes.y(peak), width=2),
            line(axes.x(ridge), axes.y(peak), axes.x(right), axes.y(peak), width=2),
            f'<g transform="translate({x:.1f} {y:.1f}) rotate({slope:.1f})">{label}</g>',
            text(RIGHT, axes.y(peak) - 8, f"multiply-adds: {peak:.0f} GFLOP/s", anchor="end", size=13)]


def legend(shares, has_layers):
    parts = [text(RIGHT + 20, TOP + 6, "kind of layer, share of the step", GREY)]
    for i, (kind, share) in enumerate(shares.items()):
        y = TOP + 28 + 20 * i
        words = f"{kind.replace('_', ' ')}, {share:.1%}"
        parts += [mark(RIGHT + 26, y - 4, KINDS[kind], False, 5), text(RIGHT + 38, y, words)]
    y = TOP + 40 + 20 * len(shares)
    return parts + [mark(RIGHT + 26, y + 8, GREY, False, 5), text(RIGHT + 38, y + 12, "forward"),
                    mark(RIGHT + 26, y + 28, GREY, True, 5), text(RIGHT + 38, y + 32, "backward, or both"),
                    *([text(RIGHT + 20, y + 56, "pale: single layers", GREY)] if has_layers else [])]


def draw(report):
    profile = report["profile"]
    peak, bandwidth = profile["peak_gflops"], profile["memory_bytes_per_second"] * 1e-9
    layers = [(layer["kind"], way == "backward", point_of(layer[way]))
              for layer in profile["layers"] for way in ("forward", "backward")]
    kinds = [(part["part"], part["pass"] != "forward", point_of(part))
             for part in profile["lines"] if part["part"] in KINDS and point_of(part)]
    axes = Axes([point for _, _, point in layers + kinds], peak, bandwidth)
    shares = {kind: sum(part["milliseconds"] for part in profile["lines"] if part["part"] == kind) /
              profile["step_milliseconds"] for kind in dict.fromkeys(kind for kind, _, _ in kinds)}
    what = (f"A training step of {report['backbone']}, batch {report['batch']}, {report['threads']} threads: "
            f"{profile['step_milliseconds']:.0f} ms, {profile['fraction_of_limit']:.0%} of the limit")
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif">',
             '<rect width="100%" height="100%" fill="white"/>', text(LEFT, 28, what, size=14),
             *ticks(axes), *roofs(axes, peak, bandwidth),
             text((LEFT + RIGHT) / 2, BOTTOM + 42, "floating-point operations per byte of memory", anchor="middle"),
             f'<g transform="translate(22 {(TOP + BOTTOM) / 2}) rotate(-90)">{text(0, 0, "GFLOP/s", anchor="middle")}</g>']
    parts += [mark(axes.x(x), axes.y(y), KINDS[kind], backward, 3, 0.28) for kind, backward, (x, y) in layers]
    parts += [mark(axes.x(x), axes.y(y), KINDS[kind], backward, 6.5) for kind, backward, (x, y) in kinds]
    return "\n".join([*parts, *legend(shares, bool(layers))]) + "\n</svg>\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    report = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    if "profile" not in report:
        print(f"Error: {sys.argv[1]} has no profile; create it with massface benchmark step --profile --json.",
              file=sys.stderr)
        sys.exit(2)
    pathlib.Path(sys.argv[2]).write_text(draw(report), encoding="utf-8")


if __name__ == "__main__":
    main()
