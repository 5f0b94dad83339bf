#!/usr/bin/env python3
"""bench_exports.py [--opencv] [--images N] [--rounds N] FIRST.onnx OTHER.onnx...: exported networks, taking turns.

Prints for batches of 1 and of all images (64) the milliseconds per image of each graph, the least of all rounds, and
how many times as fast as FIRST it is, the median over the rounds: on a busy machine, rounds that stand side by side
compare what the milliseconds cannot. onnxruntime, or OpenCV's DNN module, on one thread, as .deps/test-
venv/bin/python has them (./run test installs it).
"""

import argparse
import statistics
import time

import numpy


class OnnxRuntime:
    def __init__(self, path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def shape_and_type(self):
        graph_input = self.session.get_inputs()[0]
        return graph_input.shape[1:], graph_input.type

    def run(self, images):
        self.session.run(None, {self.session.get_inputs()[0].name: images})


class OpenCv:
    def __init__(self, path):
        import cv2

        cv2.setNumThreads(1)
        self.input = OnnxRuntime(path)  # tells the shape
        self.network = cv2.dnn.readNetFromONNX(path)

    def shape_and_type(self):
        return self.input.shape_and_type()

    def run(self, images):
        self.network.setInput(images)
        self.network.forward()


def images_for(runtime, count):
    shape, kind = runtime.shape_and_type()
    images = numpy.random.default_rng(1).integers(0, 256, (count, *shape), dtype=numpy.uint8)
    return images if kind == "tensor(uint8)" else ((images.astype(numpy.float32) - 127.5) / 128)


def seconds_of(runtime, images, batch):
    start = time.perf_counter()
    for first in range(0, len(images), batch):
        runtime.run(images[first : first + batch])
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--opencv", action="store_true", help="OpenCV in the place of onnxruntime")
    parser.add_argument("--images", type=int, default=64, help="in a round")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("graphs", nargs="+")
    arguments = parser.parse_args()
    runtimes = [(OpenCv if arguments.opencv else OnnxRuntime)(path) for path in arguments.graphs]
    images = [images_for(runtime, arguments.images) for runtime in runtimes]
    for batch in (1, arguments.images):
        rounds = []
        for _ in range(arguments.rounds + 1):
            rounds.append([seconds_of(*of_one, batch) for of_one in zip(runtimes, images)])
        rounds = rounds[1:]  # the first one warms up
        for i, path in enumerate(arguments.graphs):
            milliseconds = 1000 * min(seconds[i] for seconds in rounds) / arguments.images
            ratio = statistics.median(seconds[0] / seconds[i] for seconds in rounds)
            print(f"batch {batch:2}  {path}: {milliseconds:.2f} ms per image, {ratio:.2f} x the first")


main()
