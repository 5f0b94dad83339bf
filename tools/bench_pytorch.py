"""The peers of ./run bench: MassFace's networks and training step as a PyTorch user would write them.

The networks are those of src/backbone, with the same names of their weights; each class names its source file.
"""

import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

# (expansion, channels, repeats, stride): table 1 of MobileFaceNets (Chen et al., 2018).
TABLE = [(2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1)]
EMBEDDING_SIZES = {
    "mobilefacenet": 128,
    "mobilefacenet_massface": 512,
    "iresnet18": 512,
    "iresnet50": 512,
    "sphereface20": 512,
    "resface20": 512,
    "inception_resnet_v1": 512,
}
IMAGE_SIZE = 112


class ConvUnit(nn.Module):
    """activation: "prelu", "relu" or None."""

    def __init__(self, in_channels, channels, kernel=1, stride=1, padding=0, groups=1, activation="prelu", bias=False,
                 norm=True, eps=1e-5):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride, padding, groups=groups, bias=bias)
        self.norm = nn.BatchNorm2d(channels, eps=eps) if norm else nn.Identity()
        self.prelu = {"prelu": nn.PReLU(channels), "relu": nn.ReLU(), None: nn.Identity()}[activation]

    def forward(self, x):
        return self.prelu(self.norm(self.conv(x)))


class Bottleneck(nn.Module):
    def __init__(self, in_channels, channels, expansion, stride):
        super().__init__()
        wide = in_channels * expansion
        self.residual = stride == 1 and in_channels == channels
        self.expand = ConvUnit(in_channels, wide)
        self.depthwise = ConvUnit(wide, wide, 3, stride, 1, groups=wide)
        self.project = ConvUnit(wide, channels, activation=None)

    def forward(self, x):
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class MobileFaceNet(nn.Module):
    """src/backbone/mobilefacenet.cpp"""

    def __init__(self, backbone):
        super().__init__()
        extra = backbone == "mobilefacenet_massface"
        self.stem = ConvUnit(3, 64, 3, 2, 1)
        self.stem_depthwise = ConvUnit(64, 64, 3, 1, 1, groups=64)
        self.stem_linear = ConvUnit(64, 64, activation=None) if extra else nn.Identity()
        blocks, channels = [], 64
        for expansion, out_channels, repeats, stride in TABLE:
            for i in range(repeats):
                blocks.append(Bottleneck(channels, out_channels, expansion, stride if i == 0 else 1))
                channels = out_channels
        self.blocks = nn.Sequential(*blocks)
        self.head = ConvUnit(channels, 512)
        self.head_depthwise = ConvUnit(512, 512, IMAGE_SIZE // 16, groups=512, activation=None)
        self.head_linear = ConvUnit(512, 512, activation=None) if extra else nn.Identity()
        self.embedding = ConvUnit(512, EMBEDDING_SIZES[backbone], activation=None)

    def forward(self, images):
        x = self.blocks(self.stem_linear(self.stem_depthwise(self.stem(images))))
        return self.embedding(self.head_linear(self.head_depthwise(self.head(x)))).flatten(1)


class IResNetBlock(nn.Module):
    def __init__(self, in_channels, channels, stride):
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.first = ConvUnit(in_channels, channels, 3, 1, 1)
        self.second = ConvUnit(channels, channels, 3, stride, 1, activation=None)
        self.shortcut = ConvUnit(in_channels, channels, 1, stride, activation=None) if stride > 1 else nn.Identity()

    def forward(self, x):
        return self.second(self.first(self.norm(x))) + self.shortcut(x)


class IResNet(nn.Module):
    """src/backbone/iresnet.cpp"""

    STAGES = {"iresnet18": (2, 2, 2, 2), "iresnet50": (3, 4, 14, 3)}

    def __init__(self, backbone):
        super().__init__()
        self.stem = ConvUnit(3, 64, 3, 1, 1)
        blocks, channels = [], 64
        for stage, count in enumerate(self.STAGES[backbone]):
            for i in range(count):
                blocks.append(IResNetBlock(channels, 64 << stage, 2 if i == 0 else 1))
                channels = 64 << stage
        self.blocks = nn.Sequential(*blocks)
        self.head_norm = nn.BatchNorm2d(channels)
        self.embedding = ConvUnit(channels, EMBEDDING_SIZES[backbone], IMAGE_SIZE // 16, activation=None, bias=True)
        self.embedding.norm.weight.requires_grad = False

    def forward(self, images):
        return self.embedding(self.head_norm(self.blocks(self.stem(images)))).flatten(1)


class SphereFace(nn.Module):
    """src/backbone/sphereface.cpp"""

    STAGES = ((64, 1), (128, 2), (256, 4), (512, 1))

    def __init__(self, backbone):
        super().__init__()
        form = {"bias": True, "norm": False} if backbone == "sphereface20" else {}
        channels = 3
        for stage, (out_channels, blocks) in enumerate(self.STAGES):
            units = [ConvUnit(channels, out_channels, 3, 2, 1, **form)]
            units += [ConvUnit(out_channels, out_channels, 3, 1, 1, **form) for _ in range(2 * blocks)]
            setattr(self, f"conv{stage + 1}", nn.ModuleList(units))
            channels = out_channels
        self.embedding = ConvUnit(channels, EMBEDDING_SIZES[backbone], IMAGE_SIZE // 16, activation=None, **form)

    def forward(self, images):
        x = images
        for units in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = units[0](x)
            for i in range(1, len(units), 2):
                x = x + units[i + 1](units[i](x))
        return self.embedding(x).flatten(1)


class Inception(nn.Module):
    """Branches, lists of (channels, kernel, stride), whose outputs are joined; `outputs` is without the joining."""

    def __init__(self, in_channels, branches):
        super().__init__()
        self.count = len(branches)
        for number, units in enumerate(branches):
            layers, channels = [], in_channels
            for out_channels, kernel, stride in units:
                padding = tuple(k // 2 for k in kernel) if stride == 1 else 0
                layers.append(ConvUnit(channels, out_channels, kernel, stride, padding, activation="relu", eps=1e-3))
                channels = out_channels
            setattr(self, f"branch{number}", nn.Sequential(*layers))

    def outputs(self, x):
        return [getattr(self, f"branch{number}")(x) for number in range(self.count)]


class Reduction(Inception):
    def forward(self, x):
        return torch.cat([*self.outputs(x), F.max_pool2d(x, 3, 2)], 1)


class InceptionBlock(Inception):
    def __init__(self, channels, branches, scale, relu=True):
        super().__init__(channels, branches)
        self.scale = scale
        self.relu = relu
        joined = sum(units[-1][0] for units in branches)
        self.up = ConvUnit(joined, channels, activation=None, bias=True, norm=False)

    def forward(self, x):
        x = x + self.scale * self.up(torch.cat(self.outputs(x), 1))
        return F.relu(x) if self.relu else x


class InceptionResNet(nn.Module):
    """src/backbone/inception_resnet_v1.cpp"""

    def __init__(self, backbone):
        super().__init__()

        def unit(in_channels, channels, kernel, stride=1, padding=0):
            return ConvUnit(in_channels, channels, kernel, stride, padding, activation="relu", eps=1e-3)

        def same(channels, height=1, width=1):
            return channels, (height, width), 1

        def half(channels):
            return channels, (3, 3), 2

        self.conv_1a = unit(3, 32, 3, 2)
        self.conv_2a = unit(32, 32, 3)
        self.conv_2b = unit(32, 64, 3, 1, 1)
        self.conv_3b = unit(64, 80, 1)
        self.conv_4a = unit(80, 192, 3)
        self.conv_4b = unit(192, 256, 3, 2)
        branches = [[same(32)], [same(32), same(32, 3, 3)], [same(32), same(32, 3, 3), same(32, 3, 3)]]
        self.blocks35 = nn.Sequential(*[InceptionBlock(256, branches, 0.17) for _ in range(5)])
        self.mixed_6a = Reduction(256, [[half(384)], [same(192), same(192, 3, 3), half(256)]])
        branches = [[same(128)], [same(128), same(128, 1, 7), same(128, 7, 1)]]
        self.blocks17 = nn.Sequential(*[InceptionBlock(896, branches, 0.10) for _ in range(10)])
        branches = [[same(256), half(384)], [same(256), half(256)], [same(256), same(256, 3, 3), half(256)]]
        self.mixed_7a = Reduction(896, branches)
        branches = [[same(192)], [same(192), same(192, 1, 3), same(192, 3, 1)]]
        blocks = [InceptionBlock(1792, branches, 0.20) for _ in range(5)]
        self.blocks8 = nn.Sequential(*blocks, InceptionBlock(1792, branches, 1, relu=False))
        self.embedding = ConvUnit(1792, EMBEDDING_SIZES[backbone], activation=None, eps=1e-3)

    def forward(self, images):
        x = F.max_pool2d(self.conv_2b(self.conv_2a(self.conv_1a(images))), 3, 2)
        x = self.blocks35(self.conv_4b(self.conv_4a(self.conv_3b(x))))
        x = self.blocks8(self.mixed_7a(self.blocks17(self.mixed_6a(x))))
        return self.embedding(x.mean((2, 3), keepdim=True)).flatten(1)


NETWORKS = {
    "mobilefacenet": MobileFaceNet,
    "mobilefacenet_massface": MobileFaceNet,
    "iresnet18": IResNet,
    "iresnet50": IResNet,
    "sphereface20": SphereFace,
    "resface20": SphereFace,
    "inception_resnet_v1": InceptionResNet,
}


def make_network(backbone):
    return NETWORKS[backbone](backbone)


def count_parameters(backbone):
    return sum(parameter.numel() for parameter in make_network(backbone).parameters())


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
        self.network = make_network(backbone).to(memory_format=memory_format)
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
