"""BlazingText on floret (fastText): word vectors, or a classifier of sentences."""

import json
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

from areas.algorithms.blazingtext import data, words
from areas.algorithms.blazingtext.declaration import ALGORITHM, CLASSIFIER, WORD_VECTORS
from areas.algorithms.container import UserError, cpu_count
from areas.algorithms.frame import training

MODEL, VECTORS = "model.bin", "vectors.bin"


def main() -> int:
    """Train as the job's configuration says; the exit code. What is half trained when SIGTERM comes can't be saved."""
    return training.run(ALGORITHM, train)


def train(job: training.Job) -> None:
    supervised = job.given["mode"] == "supervised"
    _end_at_sigterm()
    _say_what_is_ignored(job)
    with tempfile.TemporaryDirectory() as folder:
        text = data.gather(job.box, "train", Path(folder), labeled=supervised)
        print(f"Processing {text.stat().st_size / 1e6:.3f} MB of text, {data.tokens(text)} tokens", flush=True)
        try:
            if supervised:
                validation = (
                    data.gather(job.box, "validation", Path(folder), labeled=True) if job.has("validation") else None
                )
                classifier(job.given, text, validation).save_model(str(job.box.model / MODEL))
            else:
                model = embedding(job.given, text)
                if not set(model.get_words()) - {"</s>"}:
                    raise ValueError("Empty vocabulary")
                _evaluate(job, model)
                model.save_vectors(str(job.box.model / "vectors.txt"))
                model.save_model(str(job.box.model / VECTORS))
        except ValueError as error:  # floret's own words
            raise UserError(_explained(str(error), job.given)) from None
    print("Training finished.", flush=True)


def _end_at_sigterm() -> None:
    """A thread of its own, because the interpreter hears no signal while the library trains."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def wait() -> None:
        signal.sigwait({signal.SIGTERM})
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _say_what_is_ignored(job: training.Job) -> None:
    other = WORD_VECTORS if job.given["mode"] == "supervised" else CLASSIFIER
    for name in sorted(set(other) & set(job.box.hyperparameters)):
        job.log.say(f"The hyperparameter {name} has no effect in the mode {job.given['mode']}.")


def classifier(given: dict, text: Path, validation: Path | None):
    """A fastText classifier. Prints ``#train_accuracy`` and, with a validation channel, ``#validation_accuracy``."""
    if given["early_stopping"] and validation is None:
        raise UserError("early_stopping needs the channel validation.")
    epochs = _stages(given) if given["early_stopping"] else [given["epochs"]]
    best, kept = -1.0, None
    for number in epochs:
        model = _supervised(given, text, number)
        print(f"#train_accuracy: {model.test(str(text))[1]:.4f}", flush=True)
        if validation is None:
            return model
        accuracy = model.test(str(validation))[1]
        print(f"Number of epochs: {number}\n#validation_accuracy: {accuracy:.4f}", flush=True)
        if kept is not None and accuracy <= best:
            print(f"Reached patience: {best:.4f} is not bettered. Terminating training.", flush=True)
            break
        best, kept = accuracy, model
    return kept


def _stages(given: dict) -> list[int]:
    """How many epochs the models have that early stopping compares: min_epochs, then ``patience`` more each.

    fastText's learning rate falls to zero over a whole run, so each is a run of its own.
    """
    first = min(given["min_epochs"], given["epochs"])
    return [*range(first, given["epochs"], given["patience"]), given["epochs"]]


def _supervised(given: dict, text: Path, epochs: int):
    import floret

    return floret.train_supervised(
        str(text), mode="fasttext", loss="softmax", epoch=epochs, dim=given["vector_dim"], lr=given["learning_rate"],
        minCount=given["min_count"], wordNgrams=given["word_ngrams"], bucket=given["buckets"], label=data.PREFIX,
        thread=cpu_count(), verbose=0,
    )  # fmt: skip


def embedding(given: dict, text: Path):
    """Word vectors, with those of character n-grams where ``subwords`` is true."""
    import floret

    subwords = given["subwords"]
    return floret.train_unsupervised(
        str(text), mode="fasttext", model="cbow" if given["mode"] == "cbow" else "skipgram", loss="ns",
        epoch=given["epochs"], dim=given["vector_dim"], lr=given["learning_rate"], minCount=given["min_count"],
        ws=given["window_size"], neg=given["negative_samples"], t=given["sampling_threshold"],
        minn=given["min_char"] if subwords else 0, maxn=given["max_char"] if subwords else 0,
        bucket=given["buckets"] if subwords else 1, thread=cpu_count(), verbose=0,
    )  # fmt: skip


def _evaluate(job: training.Job, model) -> None:
    if not job.given["evaluation"]:
        return
    known = set(model.get_words())
    rho, count = words.correlation(lambda word: model.get_word_vector(word) if word in known else None)
    report = {"pairs": len(words.PAIRS), "pairs_in_vocabulary": count, "mean_rho": rho}
    (job.box.model / "eval.json").write_text(json.dumps(report))
    if rho is None:
        print(
            f"Only {count} of {len(words.PAIRS)} word pairs are in the vocabulary: mean_rho is not measured.",
            flush=True,
        )
    else:
        print(f"#mean_rho: {rho:.4f}", flush=True)


def _explained(text: str, given: dict) -> str:
    if "Empty vocabulary" in text:
        return f"Empty vocabulary: no word occurs {given['min_count']} times, so lower min_count or give more text"
    return text.rstrip(".")


if __name__ == "__main__":
    sys.exit(main())
