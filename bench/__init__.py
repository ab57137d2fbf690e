"""Speed and memory against peers and limits, side by side in one run: ``make bench``, ``make bench BENCH=invoke``."""
