"""Plain Python, for scripts that need no framework: ``python:3.11``, ``public.ecr.aws/docker/library/python:3.11-slim``."""

from areas.images import Image

IMAGES = [Image(repository="python", title="Python", versions=("3.11",))]
