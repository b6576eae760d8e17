"""Nine networks from 1998 to 2022 as short plans, and a counter that adds up the parameters and the work of each.

What is counted, for one image: all trained parameters, those of normalization too, and the multiply-accumulates (MACs)
of convolutions, of dense layers and of attention's two matrix products, padding included. Biases, normalization,
activations, pooling and additions are not counted as work. All but LeNet-5 take 224×224 pixels (AlexNet 227×227) and
have 1,000 classes.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

from helpers.teaching.convolution import output_size


@dataclass
class Counter:
    """The size of the maps after the layers so far, and what these layers add up to; every method is a layer.

    With ``batch_norm``, each convolution has batch normalization in place of its bias.
    """

    rows: int
    columns: int
    channels: int
    batch_norm: bool = False
    parameters: int = 0
    macs: int = 0

    def conv(
        self,
        filters: int,
        size: int,
        stride: int = 1,
        padding: int | None = None,
        groups: int = 1,
        pairs: int | None = None,
    ) -> Self:
        """A convolution; without ``padding`` named, half a kernel of zeros on each end.

        ``groups=channels`` makes it depthwise. ``pairs`` says how many pairs of a channel and a filter are connected,
        where neither all are nor those of equal groups.
        """
        self._slide(size, stride, size // 2 if padding is None else padding)
        pairs = pairs or filters * self.channels // groups
        self.channels = filters
        return self._work(size * size * pairs, others=2 * filters if self.batch_norm else filters)

    def dense(self, units: int) -> Self:
        """A dense layer with biases, at every position of the maps."""
        weights, self.channels = self.channels * units, units
        return self._work(weights, others=units)

    def norm(self) -> Self:
        """A trained factor and offset for each channel: normalization where it is a layer of its own."""
        self.parameters += 2 * self.channels
        return self

    def pool(self, size: int, stride: int | None = None, padding: int = 0) -> Self:
        """Pooling, by maximum or mean."""
        self._slide(size, stride or size, padding)
        return self

    def global_pool(self) -> Self:
        """The mean of each map."""
        self.rows = self.columns = 1
        return self

    def flatten(self) -> Self:
        """All positions' numbers as the channels of one position."""
        self.rows, self.columns, self.channels = 1, 1, self.rows * self.columns * self.channels
        return self

    def shortcut(self, channels: int) -> Self:
        """The way around a block that was given ``channels``: a 1×1 convolution to its filters, where they differ."""
        return self if channels == self.channels else self.conv(self.channels, 1, pairs=channels * self.channels)

    def squeeze_excite(self, units: int) -> Self:
        """A factor for each channel, by two dense layers from the means of all maps (Hu et al., arXiv:1709.01507)."""
        weights = 2 * self.channels * units
        self.parameters += weights + units + self.channels
        self.macs += weights
        return self

    def attention(self) -> Self:
        """Self-attention among all positions; the number of heads changes neither count. Vaswani et al. 2017.

        Four dense layers make queries, keys, values and the output. Two matrix products, queries with keys and their
        weights with values, take one MAC for each pair of positions and channel (arXiv:1706.03762, section 3.2).
        """
        positions = self.rows * self.columns
        self.macs += 2 * positions**2 * self.channels
        return self.dense(self.channels).dense(self.channels).dense(self.channels).dense(self.channels)

    def _slide(self, size: int, stride: int, padding: int) -> None:
        self.rows, self.columns = (output_size(side, size, stride, padding) for side in (self.rows, self.columns))

    def _work(self, weights: int, others: int) -> Self:
        """Each weight takes part once at each position of the output; biases and factors are no work."""
        self.parameters += weights + others
        self.macs += self.rows * self.columns * weights
        return self


def lenet5() -> Counter:
    """As published: sparse connections in C3, a trained factor and offset for each map after pooling, fixed outputs."""
    net = Counter(32, 32, 1)
    net.conv(6, 5, padding=0)  # C1
    net.pool(2).norm()  # S2
    # C3: six filters read 3 of the 6 maps each, nine read 4, the last one all of them.
    net.conv(16, 5, padding=0, pairs=6 * 3 + 9 * 4 + 6)
    net.pool(2).norm()  # S4
    net.conv(120, 5, padding=0)  # C5: the kernel is as large as the maps
    net.dense(84)  # F6
    net.macs += 84 * 10  # squared distances to a drawing of each digit, whose numbers are fixed, not trained
    return net


def alexnet() -> Counter:
    """Three convolutions in two groups, one for each GPU. The paper says 224×224; its maps of 55×55 need 227×227."""
    net = Counter(227, 227, 3)
    net.conv(96, 11, stride=4, padding=0).pool(3, stride=2)
    net.conv(256, 5, groups=2).pool(3, stride=2)
    net.conv(384, 3)
    net.conv(384, 3, groups=2)
    net.conv(256, 3, groups=2).pool(3, stride=2)
    return net.flatten().dense(4096).dense(4096).dense(1000)


def vgg16() -> Counter:
    """Configuration D: thirteen 3×3 convolutions, three dense layers."""
    net = Counter(224, 224, 3)
    for filters, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(convolutions):
            net.conv(filters, 3)
        net.pool(2)
    return net.flatten().dense(4096).dense(4096).dense(1000)


def resnet18() -> Counter:
    """Blocks of two 3×3 convolutions; a 1×1 convolution in the shortcut where the filters change (option B)."""
    net = Counter(224, 224, 3, batch_norm=True)
    net.conv(64, 7, stride=2).pool(3, stride=2, padding=1)
    for filters in (64, 128, 256, 512):
        for block in range(2):
            given = net.channels
            net.conv(filters, 3, stride=2 if block == 0 and filters > 64 else 1)
            net.conv(filters, 3).shortcut(given)
    return net.global_pool().dense(1000)


def resnet50() -> Counter:
    """Bottlenecks of three convolutions; stride 2 in the first 1×1, as published (other code has it in the 3×3)."""
    net = Counter(224, 224, 3, batch_norm=True)
    net.conv(64, 7, stride=2).pool(3, stride=2, padding=1)
    for filters, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            given = net.channels
            net.conv(filters, 1, stride=2 if block == 0 and filters > 64 else 1)
            net.conv(filters, 3).conv(4 * filters, 1).shortcut(given)
    return net.global_pool().dense(1000)


def inverted_residual(
    net: Counter, filters: int, expansion: int, size: int, stride: int, squeeze: bool = False
) -> None:
    """The block of MobileNetV2: 1×1 to more channels, depthwise, 1×1 back; EfficientNet puts squeeze-excite between."""
    given = net.channels
    if expansion > 1:
        net.conv(expansion * given, 1)
    net.conv(net.channels, size, stride, groups=net.channels)
    if squeeze:
        net.squeeze_excite(given // 4)
    net.conv(filters, 1)


def mobilenet_v2() -> Counter:
    """Table 2 of the paper: expansion, filters, blocks and the stride of the first one, for each stage."""
    net = Counter(224, 224, 3, batch_norm=True)
    net.conv(32, 3, stride=2)
    stages = (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)
    for expansion, filters, blocks, stride in stages:
        for block in range(blocks):
            inverted_residual(net, filters, expansion, 3, stride if block == 0 else 1)
    return net.conv(1280, 1).global_pool().dense(1000)


def efficientnet_b0() -> Counter:
    """Table 1 of the paper: expansion, size of the kernel, filters, blocks and the stride of the first one."""
    net = Counter(224, 224, 3, batch_norm=True)
    net.conv(32, 3, stride=2)
    early = (1, 3, 16, 1, 1), (6, 3, 24, 2, 2), (6, 5, 40, 2, 2), (6, 3, 80, 3, 2)
    late = (6, 5, 112, 3, 1), (6, 5, 192, 4, 2), (6, 3, 320, 1, 1)
    for expansion, size, filters, blocks, stride in early + late:
        for block in range(blocks):
            inverted_residual(net, filters, expansion, size, stride if block == 0 else 1, squeeze=True)
    return net.conv(1280, 1).global_pool().dense(1000)


def vit_b16() -> Counter:
    """Base size with patches of 16×16 pixels; the class is read off one more position, the class token."""
    net = Counter(224, 224, 3)
    net.conv(768, 16, stride=16, padding=0)  # one dense layer for all patches
    net.rows, net.columns = net.rows * net.columns + 1, 1  # the patches in a row, and the class token
    net.parameters += 768 + net.rows * 768  # the class token, and the embedding of each position
    for _ in range(12):
        net.norm().attention()
        net.norm().dense(3072).dense(768)
    net.norm()
    net.rows = 1  # only the class token goes on
    return net.dense(1000)


def convnext_t() -> Counter:
    """Tiny size: blocks of a depthwise 7×7 convolution and two dense layers at every position."""
    net = Counter(224, 224, 3)
    net.conv(96, 4, stride=4, padding=0).norm()
    for filters, blocks in ((96, 3), (192, 3), (384, 9), (768, 3)):
        if filters > 96:
            net.norm().conv(filters, 2, stride=2, padding=0)
        for _ in range(blocks):
            net.conv(filters, 7, groups=filters).norm().dense(4 * filters).dense(filters)
            net.parameters += filters  # layer scale: a trained factor for each channel
    return net.global_pool().norm().dense(1000)


class Network(NamedTuple):
    """A network, our counts, and what its own paper says of both, None where it says nothing.

    Some papers round and some cut digits: 86.6 million parameters of ViT-B/16 are 86 million there. The 3.4 million of
    MobileNetV2 fit our count without normalization, 3.47 million. What papers from 2015 on call FLOPs or multiply-adds
    are MACs. The connections of LeNet-5 are its MACs, one for each number's bias, five for each number after pooling.
    """

    name: str
    year: int
    parameters: int
    macs: int
    paper_parameters: str | None
    paper_macs: str | None
    source: str


def networks() -> tuple[Network, ...]:
    """All nine, in the order of their years, which are those of the first publication."""
    lecun = "LeCun et al., Gradient-Based Learning Applied to Document Recognition, doi:10.1109/5.726791"
    krizhevsky = "Krizhevsky et al., ImageNet Classification with Deep CNNs, NIPS 2012, doi:10.1145/3065386"
    simonyan = "Simonyan and Zisserman, Very Deep Convolutional Networks, arXiv:1409.1556"
    he = "He et al., Deep Residual Learning for Image Recognition, arXiv:1512.03385"
    sandler = "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, arXiv:1801.04381"
    tan = "Tan and Le, EfficientNet: Rethinking Model Scaling for CNNs, arXiv:1905.11946"
    dosovitskiy = "Dosovitskiy et al., An Image is Worth 16x16 Words, arXiv:2010.11929"
    liu = "Liu et al., A ConvNet for the 2020s, arXiv:2201.03545"
    plans = (
        ("LeNet-5", 1998, lenet5(), "60,000", "340,908 connections", lecun),
        ("AlexNet", 2012, alexnet(), "60 million", None, krizhevsky),
        ("VGG-16", 2014, vgg16(), "138 million", None, simonyan),
        ("ResNet-18", 2015, resnet18(), None, "1.8 billion", he),
        ("ResNet-50", 2015, resnet50(), None, "3.8 billion", he),
        ("MobileNetV2", 2018, mobilenet_v2(), "3.4 million", "300 million", sandler),
        ("EfficientNet-B0", 2019, efficientnet_b0(), "5.3 million", "0.39 billion", tan),
        ("ViT-B/16", 2020, vit_b16(), "86 million", None, dosovitskiy),
        ("ConvNeXt-T", 2022, convnext_t(), "29 million", "4.5 billion", liu),
    )
    return tuple(Network(name, year, net.parameters, net.macs, *paper) for name, year, net, *paper in plans)
