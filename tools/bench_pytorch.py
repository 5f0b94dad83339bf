"""The peers of ./run bench: MassFace's network and training step as a PyTorch user would write them.

The network is that of src/backbone/mobilefacenet.cpp, with the same names: stem, stem_depthwise, [stem_linear],
blocks.N.{expand,depthwise,project}, head, head_depthwise, [head_linear], embedding, each with conv, norm and perhaps
prelu.
"""

import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

# (expansion, channels, repeats, stride): table 1 of MobileFaceNets (Chen et al., 2018).
TABLE = [(2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1)]
EMBEDDING_SIZES = {"mobilefacenet": 128, "mobilefacenet_massface": 512}
IMAGE_SIZE = 112


class ConvUnit(nn.Module):
    def __init__(self, in_channels, channels, kernel=1, stride=1, padding=0, groups=1, prelu=True):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride, padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.prelu = nn.PReLU(channels) if prelu else nn.Identity()

    def forward(self, x):
        return self.prelu(self.norm(self.conv(x)))


class Bottleneck(nn.Module):
    def __init__(self, in_channels, channels, expansion, stride):
        super().__init__()
        wide = in_channels * expansion
        self.residual = stride == 1 and in_channels == channels
        self.expand = ConvUnit(in_channels, wide)
        self.depthwise = ConvUnit(wide, wide, 3, stride, 1, groups=wide)
        self.project = ConvUnit(wide, channels, prelu=False)

    def forward(self, x):
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class MobileFaceNet(nn.Module):
    def __init__(self, backbone):
        super().__init__()
        extra = backbone == "mobilefacenet_massface"
        self.stem = ConvUnit(3, 64, 3, 2, 1)
        self.stem_depthwise = ConvUnit(64, 64, 3, 1, 1, groups=64)
        self.stem_linear = ConvUnit(64, 64, prelu=False) if extra else nn.Identity()
        blocks, channels = [], 64
        for expansion, out_channels, repeats, stride in TABLE:
            for i in range(repeats):
                blocks.append(Bottleneck(channels, out_channels, expansion, stride if i == 0 else 1))
                channels = out_channels
        self.blocks = nn.Sequential(*blocks)
        self.head = ConvUnit(channels, 512)
        self.head_depthwise = ConvUnit(512, 512, IMAGE_SIZE // 16, groups=512, prelu=False)
        self.head_linear = ConvUnit(512, 512, prelu=False) if extra else nn.Identity()
        self.embedding = ConvUnit(512, EMBEDDING_SIZES[backbone], prelu=False)

    def forward(self, images):
        x = self.blocks(self.stem_linear(self.stem_depthwise(self.stem(images))))
        return self.embedding(self.head_linear(self.head_depthwise(self.head(x)))).flatten(1)


def count_parameters(backbone):
    return sum(parameter.numel() for parameter in MobileFaceNet(backbone).parameters())


def images_per_second(run, batch, seconds):
    """Returns the median speed of as many calls as fit into `seconds`, at least three, after one to warm up."""
    run()
    times = []
    while sum(times) < seconds or len(times) < 3:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return batch / statistics.median(times)


class Peer:
    """One way of running PyTorch. The network stays warm between rounds, so that rounds can be interleaved."""

    def __init__(self, name, backbone, batch, identities, memory_format, compiled, bf16=False):
        self.name = name
        self.batch = batch
        self.bf16 = bf16
        torch.manual_seed(1)
        self.network = MobileFaceNet(backbone).to(memory_format=memory_format)
        self.classifier = nn.Linear(EMBEDDING_SIZES[backbone], identities)
        self.forward = torch.compile(self.network) if compiled else self.network
        parameters = [*self.network.parameters(), *self.classifier.parameters()]
        # The rate is small, so that many steps on the same noise do not lead to denormal or infinite numbers.
        self.optimizer = torch.optim.SGD(parameters, lr=1e-4, momentum=0.9)
        images = torch.randint(0, 256, (batch, 3, IMAGE_SIZE, IMAGE_SIZE), dtype=torch.uint8)
        self.images = images.contiguous(memory_format=memory_format)
        self.labels = torch.randint(0, identities, (batch,))

    def embed(self):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            return self.forward((self.images.float() - 127.5) / 128).float()

    def step(self):
        self.network.train()
        self.optimizer.zero_grad()
        F.cross_entropy(self.classifier(self.embed()), self.labels).backward()
        self.optimizer.step()

    def inference(self):
        self.network.eval()
        with torch.inference_mode():
            F.normalize(self.embed())

    def images_per_second(self, kind, seconds):
        return images_per_second(self.step if kind == "step" else self.inference, self.batch, seconds)


def make_peers(backbone, batch, identities, compile_too, bf16_too):
    """Yields new peers for each kind of work, because torch.compile specialises on training or inference."""
    shape = (backbone, batch, identities)
    yield Peer("PyTorch eager", *shape, torch.contiguous_format, False)
    yield Peer("PyTorch eager, channels_last", *shape, torch.channels_last, False)
    if compile_too:
        yield Peer("torch.compile, channels_last", *shape, torch.channels_last, True)
    if bf16_too:
        yield Peer("PyTorch eager, channels_last, bf16", *shape, torch.channels_last, False, bf16=True)
    if bf16_too and compile_too:
        yield Peer("torch.compile, channels_last, bf16", *shape, torch.channels_last, True, bf16=True)
