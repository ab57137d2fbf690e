"""Processing jobs: a script or a command in a container, objects of S3 in, objects of S3 out.

Not as on AWS: an image is played by a Python of this machine (``areas.images``), whatever its tag says. docs/areas/processing.md
"""
