"""The profiler: samples of what the machine does, rules about them, and the report. NumPy and the standard library."""
