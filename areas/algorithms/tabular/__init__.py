"""The algorithms for tables that AWS hands out through JumpStart: LightGBM, CatBoost, AutoGluon, TabTransformer.

They have no images of their own: a script of JumpStart's bucket, ``transfer_learning.py``, runs in an image for scripts. The
script comes with a copy of this package, so nothing here imports what ``areas.algorithms.jumpstart.source`` doesn't pack.
"""
