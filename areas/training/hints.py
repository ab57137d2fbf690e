"""What to do about a failure, where its words are known. The words themselves are always shown too."""

import re

HINTS = (
    (r"label.*first column|first column|could not convert string|header", "The training CSV must have the label in its "
     "first column and no header. A dataset of the Studio is prepared that way."),
    (r"num_class", "Set num_class to the number of classes, and leave it out for two classes or a number."),
    (r"label.*\[0, ?num_class\)|label must be in", "Labels must be 0, 1, … num_class − 1. A dataset of the Studio is "
     "encoded that way; check num_class."),
    (r"Extraneous hyperparameter|could not parse value|is not in the range|is not one of",
     "Change that hyperparameter and try again."),
    (r"No S3 objects found|NoSuchKey|NoSuchBucket", "Check the S3 address of the channel: nothing begins with it."),
    (r"ExecuteUserScriptError", "The script raised an error: the log has the whole traceback."),
    (r"No matching distribution|pip.*fail|requirements", "A requirement could not be installed: without internet only "
     "packages that are already here can be used."),
    (r"used [\d.]+ .B of its|out of memory|MemoryError", "The job needed more memory than it may use: take fewer rows or a "
     "smaller max_bin."),
    (r"ResourceInUse|must be unique|already exists", "That name is taken: choose another."),
    (r"EndpointConnectionError|ConnectTimeout|Could not connect", "SageMaker can't be reached: check that the engine "
     "runs, or the connection's settings."),
)  # fmt: skip


def hint_for(words: str) -> str:
    """One sentence that helps, or nothing."""
    return next((hint for expression, hint in HINTS if re.search(expression, words or "", re.IGNORECASE)), "")
