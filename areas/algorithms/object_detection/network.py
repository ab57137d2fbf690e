"""SSD on VGG-16 or ResNet-50: maps of ever coarser places, each of which says what is there and where exactly."""

from areas.algorithms.object_detection.boxes import RATIOS
from areas.algorithms.vision import networks

VGG = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
EXTRA = (256, 256, 128)  # features of the maps that follow the network's own
SHAPES = len(RATIOS) + 1


def build(config: dict):
    """The network: pictures → (scores (n, boxes, 1 + classes), moves (n, boxes, 4)); ``sides`` are those of its maps."""
    import torch
    from torch import nn

    def seen(inputs: int, outputs: int, size: int, stride: int = 1):
        layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
        return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU())

    class Vgg(nn.Module):
        """With normalization, so that it learns from the first weights on."""

        def __init__(self):
            super().__init__()
            inputs, self.features, stages = 3, [group[-1] for group in VGG], []
            for group in VGG:
                layers = []
                for outputs in group:
                    layers.append(seen(inputs, outputs, 3))
                    inputs = outputs
                stages.append(nn.Sequential(*layers))
            self.stages = nn.ModuleList(stages)

        def groups(self, pictures):
            found, maps = pictures, []
            for number, stage in enumerate(self.stages):
                found = stage(found if number == 0 else nn.functional.max_pool2d(found, 2, ceil_mode=True))
                maps.append(found)
            return maps

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = Vgg() if config["base_network"] == "vgg-16" else networks.backbone(50, 3)
            inputs, extras = self.body.features[-1], []
            for outputs in EXTRA:
                extras.append(nn.Sequential(seen(inputs, outputs // 2, 1), seen(outputs // 2, outputs, 3, 2)))
                inputs = outputs
            self.extras = nn.ModuleList(extras)
            widths = [*self.body.features[-2:], *EXTRA]
            self.classes = nn.ModuleList(
                nn.Conv2d(width, SHAPES * (1 + config["num_classes"]), 3, padding=1) for width in widths
            )
            self.moves = nn.ModuleList(nn.Conv2d(width, SHAPES * 4, 3, padding=1) for width in widths)

        def maps(self, pictures):
            found = self.body.groups(pictures)[-2:]
            for extra in self.extras:
                found.append(extra(found[-1]))
            return found

        def forward(self, pictures):
            maps = self.maps(pictures)
            parts = []
            for heads, size in ((self.classes, 1 + config["num_classes"]), (self.moves, 4)):
                answers = (head(one).permute(0, 2, 3, 1) for head, one in zip(heads, maps, strict=True))
                parts.append(torch.cat([one.reshape(len(one), -1, size) for one in answers], 1))
            return parts

        def sides(self) -> list[int]:
            """How many places each map has on a side."""
            was = self.training
            self.eval()
            with torch.no_grad():
                found = [
                    one.shape[2] for one in self.maps(torch.zeros(1, 3, config["image_shape"], config["image_shape"]))
                ]
            self.train(was)
            return found

    return Network()
