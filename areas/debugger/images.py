"""The image that plays the built-in rules, for debugging and for profiling."""

from areas.images import Image

IMAGES = [
    Image(
        repository="sagemaker-debugger-rules",
        title="Debugger's rules",
        versions=("latest",),
        account="503895931360",
    )
]
