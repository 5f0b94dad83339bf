#!/usr/bin/env python3
"""check_exports.py FOLDER: reads exported networks with the programs that they are for. Run by the tests of src/export.

For each NAME.onnx, NAME.images.npy holds images, uint8 [64, H, W, 3] RGB, and NAME.embeddings.npy the embeddings that
MassFace computes, float [64, D] of unit length. The graph is checked by onnx, run by onnxruntime in batches of 1, 2, 7
and 64, and by OpenCV. Its input is prepared by what its metadata say, and by nothing else. For each NAME.pt, a state
dictionary, NAME.safetensors holds the same tensors.
Exit code 1 if an embedding or a tensor differs, or if there is nothing to check; 77 if there is a state dictionary, but
no PyTorch.
"""

import json
import pathlib
import struct
import sys

import cv2
import numpy
import onnx
import onnxruntime

SKIPPED = 77  # exit code
BATCHES = 1, 2, 7, 64
OPENCV_BATCHES = 1, 7
# In 8 bits a number close to the middle of two steps falls to either side, and all later layers carry that on.
LEAST_COSINE = {"fp32": 0.99999, "int8": 0.9}


def prepared(images, metadata):
    if metadata["preprocessing"] == "true":
        return images
    if metadata["channel_order"] == "bgr":
        images = images[..., ::-1]
    numbers = (images.astype(numpy.float32) - float(metadata["mean"])) / float(metadata["scale"])
    return numpy.ascontiguousarray(numbers.transpose(0, 3, 1, 2), dtype=numpy.float32)


def in_batches(run, images, batch):
    return numpy.concatenate([run(images[i : i + batch]) for i in range(0, len(images), batch)])


def least_cosine(rows, expected, has_unit_length):
    lengths = numpy.linalg.norm(rows, axis=1, keepdims=True)
    if has_unit_length and abs(lengths - 1).max() > 1e-5:
        return 0.0
    return float((rows / lengths * expected).sum(axis=1).min())


def check_onnx(path):
    graph = onnx.load(path)
    onnx.checker.check_model(graph, full_check=True)
    metadata = {entry.key: entry.value for entry in graph.metadata_props}
    expected = numpy.load(path.with_suffix(".embeddings.npy"))
    images = prepared(numpy.load(path.with_suffix(".images.npy")), metadata)
    has_unit_length = metadata["unit_length"] == "true"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Without it, products of 8 bits overflow on processors without VNNI.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    cosines = {}
    for batch in BATCHES:
        rows = in_batches(lambda part: session.run(["embeddings"], {name: part})[0], images, batch)
        cosines[f"onnxruntime {batch}"] = least_cosine(rows, expected, has_unit_length)
    if metadata["precision"] == "fp32":
        network = cv2.dnn.readNetFromONNX(str(path))

        def run(part):
            network.setInput(part)
            return network.forward().reshape(len(part), -1).copy()

        for batch in OPENCV_BATCHES:
            count = len(images) // batch * batch
            rows = in_batches(run, images[:count], batch)
            cosines[f"OpenCV {batch}"] = least_cosine(rows, expected[:count], has_unit_length)
    least = min(cosines.values())
    good = least >= LEAST_COSINE[metadata["precision"]]  # false for NaN
    print(f"{path.name}: least cosine {least:.7f} in {', '.join(cosines)}" + ("" if good else f": {cosines}"))
    return good


def safetensors_of(path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    values = content[8 + length :]
    header.pop("__metadata__", None)
    return {name: (entry["shape"], values[slice(*entry["data_offsets"])]) for name, entry in header.items()}


def check_torch(path):
    try:
        import torch
    except ImportError as missing:
        print(f"skipped: PyTorch is not here ({missing})")
        sys.exit(SKIPPED)
    loaded = torch.load(path, weights_only=True)
    expected = safetensors_of(path.with_suffix(".safetensors"))
    good = list(loaded) == list(expected) and all(
        list(loaded[name].shape) == shape and loaded[name].numpy().tobytes() == values
        for name, (shape, values) in expected.items())
    print(f"{path.name}: {len(loaded)} tensors {'are' if good else 'are not'} those of the weights")
    return good


def main():
    folder = pathlib.Path(sys.argv[1])
    results = [check_onnx(path) for path in sorted(folder.glob("*.onnx"))]
    results += [check_torch(path) for path in sorted(folder.glob("*.pt"))]
    if not results:
        print(f"{folder}: nothing to check")
    sys.exit(0 if results and all(results) else 1)


main()
