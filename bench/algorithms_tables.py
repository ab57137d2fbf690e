"""BlazingText by fastText, and the algorithms for tables by their libraries (these without script mode's interpreter around)."""

from bench.algorithms import READ, Case, _csv
from bench.stage import scaled

ROUNDS = 100


def _text() -> str:
    """20,000 sentences of twelve words, frequent ones more often; the label is that of their rarest word."""
    import numpy

    random = numpy.random.default_rng(7)
    rows = random.zipf(1.3, size=(scaled(20_000, 2000), 12)) % 5_000
    return "".join(f"__label__{row.max() % 4} {' '.join(f'w{word}' for word in row)}\n" for row in rows)


def _tables(algorithm: str) -> str:
    return f"""
from areas.algorithms.tabular.training import main
if code := main("{algorithm}", "classification"): raise SystemExit(code)
"""


_SPLIT = """
order = numpy.random.default_rng(200).permutation(len(table))
held, kept = table[order[: len(table) // 5]], table[order[len(table) // 5 :]]
"""


CASES = (
    Case(
        "BlazingText supervised, 20k sentences, 10 epochs", "blazingtext",
        {"mode": "supervised", "epochs": 10, "vector_dim": 50, "buckets": 100_000}, "floret",
        """
import sys, floret
model = floret.train_supervised(sys.argv[1], mode="fasttext", loss="softmax", epoch=10, dim=50, lr=0.05, minCount=5, wordNgrams=2,
                            bucket=100_000, verbose=0, thread=1)
print(model.test(sys.argv[1]))
model.save_model(sys.argv[2])
""",
        _text, content_type="", file="train.txt",
    ),
    Case(
        f"LightGBM, 100k × 30, {ROUNDS} rounds", "sagemaker-scikit-learn",
        {"num_boost_round": ROUNDS, "early_stopping_rounds": ROUNDS}, "LightGBM",
        READ + _SPLIT + f"""
import lightgbm
data = lightgbm.Dataset(kept[:, 1:].copy(), kept[:, 0])
lightgbm.train({{"objective": "binary", "num_leaves": 64, "max_depth": 6, "min_data_in_leaf": 3, "feature_fraction": 0.9,
            "bagging_fraction": 0.9, "bagging_freq": 1}}, data, {ROUNDS},
           valid_sets=[data.create_valid(held[:, 1:].copy(), held[:, 0])], callbacks=[lightgbm.log_evaluation(1)])
""",
        lambda: _csv(100_000, 30), channel="training", ours=_tables("lightgbm"),
    ),
    Case(
        f"CatBoost, 50k × 30, {ROUNDS} rounds", "autogluon-training",
        {"iterations": ROUNDS, "early_stopping_rounds": ROUNDS}, "CatBoost",
        READ + _SPLIT + f"""
import catboost
model = catboost.CatBoostClassifier(iterations={ROUNDS}, learning_rate=0.009, depth=6, bootstrap_type="Bayesian",
                                thread_count=1, allow_writing_files=False)
model.fit(kept[:, 1:], kept[:, 0], eval_set=(held[:, 1:], held[:, 0]))
""",
        lambda: _csv(50_000, 30), channel="training", ours=_tables("catboost"),
    ),
)  # fmt: skip
