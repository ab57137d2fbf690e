"""The approval desk: who has to agree before a model version is used, what was measured of it, and what happens then.

Ours, beside SageMaker: the rules are in ``registry``, this area shows them and has the engine obey them.
"""
