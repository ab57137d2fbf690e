"""Residual networks of any depth that SageMaker's image algorithms have names for.

Source: He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition" (2015), and "Identity Mappings" (2016) for 200.
"""

IMAGENET = {
    18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3),
}  # fmt: skip
SMALL = (20, 32, 44, 56, 110)  # 6n + 2 layers in three groups, for small pictures
DEPTHS = (*IMAGENET, *SMALL)


def backbone(depth: int, channels: int, *, dilated: bool = False):
    """The network without its last layer: (pictures, channels, h, w) → features.

    ``module.groups(pictures)`` gives the maps of all groups, ``module.features`` how many features each has.
    ``dilated``: groups after the second keep the size of the map, and look further instead.
    """
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, inputs: int, width: int, stride: int, wide: int, reach: int):
            super().__init__()
            outputs = width * wide
            if wide == 1:
                layers = [_conv(inputs, width, 3, stride, reach), nn.BatchNorm2d(width), nn.ReLU()]
                layers += [_conv(width, width, 3, 1, reach), nn.BatchNorm2d(width)]
            else:
                layers = [_conv(inputs, width, 1), nn.BatchNorm2d(width), nn.ReLU()]
                layers += [_conv(width, width, 3, stride, reach), nn.BatchNorm2d(width), nn.ReLU()]
                layers += [_conv(width, outputs, 1), nn.BatchNorm2d(outputs)]
            self.layers = nn.Sequential(*layers)
            nn.init.zeros_(layers[-1].weight)  # each block begins as what it is given
            same = stride == 1 and inputs == outputs
            self.short = (
                nn.Identity() if same else nn.Sequential(_conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))
            )

        def forward(self, found):
            return torch.relu(self.layers(found) + self.short(found))

    class Backbone(nn.Module):
        def __init__(self):
            super().__init__()
            small = depth in SMALL
            counts = ((depth - 2) // 6,) * 3 if small else IMAGENET[depth]
            widths = (16, 32, 64) if small else (64, 128, 256, 512)
            wide = 4 if depth >= 50 and not small else 1
            width = widths[0]
            if small:
                self.stem = nn.Sequential(_conv(channels, width, 3), nn.BatchNorm2d(width), nn.ReLU())
            else:
                self.stem = nn.Sequential(
                    _conv(channels, width, 7, 2), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
                )
            groups, inputs = [], width
            for number, (count, width) in enumerate(zip(counts, widths, strict=True)):
                kept = dilated and number >= 2
                stride, reach = 1 if number == 0 or kept else 2, 2 ** (number - 1) if kept else 1
                blocks = []
                for at in range(count):
                    blocks.append(Block(inputs, width, stride if at == 0 else 1, wide, reach))
                    inputs = width * wide
                groups.append(nn.Sequential(*blocks))
            self.stages = nn.ModuleList(groups)
            self.features = [width * wide for width in widths]

        def groups(self, pictures):
            found, maps = self.stem(pictures), []
            for stage in self.stages:
                found = stage(found)
                maps.append(found)
            return maps

        def forward(self, pictures):
            return self.groups(pictures)[-1].mean((2, 3))

    def _conv(inputs: int, outputs: int, size: int, stride: int = 1, reach: int = 1):
        layer = nn.Conv2d(inputs, outputs, size, stride, size // 2 * reach, dilation=reach, bias=False)
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        return layer

    return Backbone()
