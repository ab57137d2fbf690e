"""The rules' code, run in a container of its own beside the training job's. NumPy and the standard library; no Django.

``RULES`` names the class behind each rule of ``areas.debugger.catalogue``.
"""

RULES = {
    "LossNotDecreasing": "losses", "Overfit": "losses", "Overtraining": "losses", "StalledTrainingRule": "losses",
    "ExplodingTensor": "tensors", "AllZero": "tensors", "TensorVariance": "tensors", "UnchangedTensor": "tensors",
    "SimilarAcrossRuns": "tensors", "WeightUpdateRatio": "tensors",
    "VanishingGradient": "layers", "PoorWeightInitialization": "layers", "SaturatedActivation": "layers",
    "DeadRelu": "layers", "CheckInputImages": "inputs", "NLPSequenceRatio": "inputs",
    "ClassImbalance": "classes", "Confusion": "classes",
    "FeatureImportanceOverweight": "trees", "TreeDepth": "trees",
}  # fmt: skip
