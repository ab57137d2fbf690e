"""Count the rows of every file of the input, with a helper beside it and a library of requirements.txt."""

import argparse
import json
import sys
from pathlib import Path

import pandas
from helper import rows_of

parser = argparse.ArgumentParser()
parser.add_argument("--times", type=int, default=1)
arguments = parser.parse_args()
files = sorted(Path("/opt/ml/processing/input/data").glob("*.csv"))
counts = {path.name: rows_of(path) * arguments.times for path in files}
Path("/opt/ml/processing/output/counts.json").write_text(json.dumps(counts))
print("counted", counts, "with pandas", pandas.__version__, "in", sys.prefix)
