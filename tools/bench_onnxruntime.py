"""The onnxruntime peer of ./run bench: the network of bench_pytorch.py in evaluation mode, exported to ONNX.

The graph itself normalises the pixels and scales the embeddings to unit length, so that its input is a batch of bytes
and its output the embeddings, as with the other peers. onnxruntime's own optimiser folds BatchNorm and chooses the
layout.
"""

import pathlib
import tempfile
import warnings

import numpy
import onnx  # noqa: F401  torch.onnx.export needs it; if it is missing, fail here
import onnxruntime
import torch
from torch import nn
from torch.nn import functional as F

import bench_pytorch


class BytesToEmbeddings(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, images):
        return F.normalize(self.network((images.float() - 127.5) / 128))


def export(backbone, batch, path):
    """Writes the graph and returns the module that it was exported from."""
    torch.manual_seed(1)
    module = BytesToEmbeddings(bench_pytorch.make_network(backbone)).eval()
    side = bench_pytorch.IMAGE_SIZE
    with warnings.catch_warnings():
        # dynamo=False selects the exporter that needs no further packages; it warns that it is the older one.
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (torch.zeros(batch, 3, side, side, dtype=torch.uint8),), str(path), dynamo=False,
                          input_names=["images"], output_names=["embeddings"])
    return module


def session_of(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class OnnxRuntimePeer:
    name = "onnxruntime"

    def __init__(self, backbone, batch, threads):
        side = bench_pytorch.IMAGE_SIZE
        self.images = numpy.random.default_rng(1).integers(0, 256, (batch, 3, side, side), dtype=numpy.uint8)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "network.onnx")
            module = export(backbone, batch, path)
            self.session = session_of(path, threads)
        # The comparison is only valid if the graph computes the same embeddings.
        with torch.inference_mode():
            wanted = module(torch.from_numpy(self.images))
        if not torch.allclose(torch.from_numpy(self.embed()), wanted, atol=1e-4):
            raise RuntimeError("its embeddings differ from PyTorch's")

    def embed(self):
        return self.session.run(None, {"images": self.images})[0]

    def images_per_second(self, kind, seconds):
        assert kind != "step"
        return bench_pytorch.images_per_second(self.embed, len(self.images), seconds)
