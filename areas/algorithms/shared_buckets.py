"""JumpStart's bucket of each region, which AWS shares with every account: see ``engine/s3/shared.py``."""

from areas.algorithms.jumpstart import bucket

is_shared, region, content = bucket.is_shared, bucket.region, bucket.content
