"""Debugger and profiler: what a training job leaves of itself while it runs, and rules that judge it.

Not faithful to AWS: tensors are stored as NumPy files instead of TensorBoard events, and all rules of a job share one
process (each has its own processing job, status and log).
"""
