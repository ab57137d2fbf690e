"""FCN, PSP and DeepLab on a residual network whose last groups keep the size of their map.

Source: Long, Shelhamer, Darrell (2015); Zhao et al., "Pyramid Scene Parsing Network" (2017); Chen et al., "Rethinking Atrous
Convolution" (2017).
"""

from areas.algorithms.vision import networks

WIDTH = 128  # features of the head
PYRAMID = (1, 2, 3, 6)
REACHES = (6, 12, 18)


def build(config: dict):
    """The network: pictures (n, 3, h, w) → scores (n, classes, h, w)."""
    import torch
    from torch import nn
    from torch.nn import functional

    def seen(inputs: int, size: int, reach: int = 1):
        layer = nn.Conv2d(inputs, WIDTH, size, padding=size // 2 * reach, dilation=reach, bias=False)
        return nn.Sequential(layer, nn.BatchNorm2d(WIDTH), nn.ReLU())

    def grown(found, like):
        return functional.interpolate(found, like.shape[2:], mode="bilinear", align_corners=False)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = networks.backbone(int(config["backbone"].partition("-")[2]), 3, dilated=True)
            inputs, kind = self.body.features[-1], config["algorithm"]
            count = {"fcn": 0, "psp": len(PYRAMID), "deeplab": len(REACHES) + 2}[kind]
            if kind == "psp":
                self.parts = nn.ModuleList(nn.Conv2d(inputs, WIDTH, 1) for _ in PYRAMID)
            elif kind == "deeplab":
                self.parts = nn.ModuleList([seen(inputs, 1), *(seen(inputs, 3, reach) for reach in REACHES)])
                self.whole = nn.Conv2d(inputs, WIDTH, 1)
            width = count * WIDTH + (0 if kind == "deeplab" else inputs)
            self.head = nn.Sequential(seen(width, 3), nn.Dropout(0.1), nn.Conv2d(WIDTH, config["num_classes"], 1))

        def forward(self, pictures):
            found = self.body.groups(pictures)[-1]
            if config["algorithm"] == "psp":
                pooled = (functional.adaptive_avg_pool2d(found, size) for size in PYRAMID)
                parts = [grown(part(one), found) for part, one in zip(self.parts, pooled, strict=True)]
                found = torch.cat([found, *parts], 1)
            elif config["algorithm"] == "deeplab":
                whole = grown(self.whole(found.mean((2, 3), keepdim=True)), found)
                found = torch.cat([*(part(found) for part in self.parts), whole], 1)
            return grown(self.head(found), pictures)

    return Network()
