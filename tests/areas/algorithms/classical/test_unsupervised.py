"""K-Means, PCA, Random Cut Forest and LDA find what the libraries find, and answer as AWS's do."""

import numpy as np
import pytest

from areas.algorithms.frame.scores import auc
from areas.algorithms.kmeans import train as kmeans_train
from areas.algorithms.lda import topics
from areas.algorithms.pca import train as pca_train
from areas.algorithms.random_cut_forest import forest
from tests.areas.algorithms.data import as_csv


def test_kmeans_groups_digits_as_well_as_scikit_learn(trained, digits):
    from sklearn.cluster import KMeans

    rows = digits[0]
    kmeans = trained("kmeans")
    kmeans.put("train", rows[:1300])
    kmeans.put("test", rows[1300:])
    found = kmeans.fit(k=10, feature_dim=64, eval_metrics='["msd","ssd"]', epochs=2)
    library = KMeans(10, n_init=3, random_state=0).fit(rows[:1300])
    assert found["train:msd"] < 1.05 * library.inertia_ / 1300
    assert found["test:msd"] < 1.05 * -library.score(rows[1300:]) / 497
    assert found["train:ssd"] == pytest.approx(found["train:msd"] * 1300)
    assert found["train:progress"] == 100
    answer = kmeans.ask(rows[1300:1310])["predictions"]
    assert set(answer[0]) == {"closest_cluster", "distance_to_cluster"}
    with np.load(kmeans.model / "model_algo-1") as model:
        centers = model["centers"]
    for row, one in zip(rows[1300:1310], answer, strict=True):
        distances = np.linalg.norm(centers - row, axis=1)
        assert one["closest_cluster"] == distances.argmin()
        assert one["distance_to_cluster"] == pytest.approx(distances.min(), rel=1e-5)
    first = kmeans.post(as_csv(rows[1300:1301]), accept="text/csv").body.decode()
    assert first == f"{answer[0]['closest_cluster']},{answer[0]['distance_to_cluster']}\n"


@pytest.mark.parametrize(
    "given",
    [
        {"init_method": "kmeans++"}, {"half_life_time_size": 100}, {"extra_center_factor": 4}, {"mini_batch_size": 100},
        {"local_lloyd_init_method": "random", "local_lloyd_num_trials": 5}, {"local_lloyd_max_iter": 2},
    ],
)  # fmt: skip
def test_kmeans_hyperparameters_all_give_sound_clusters(digits, given):
    from areas.algorithms.kmeans.centers import nearest
    from areas.algorithms.kmeans.declaration import ALGORITHM

    parsed = ALGORITHM.parse({"k": "10", "feature_dim": "64", **{name: str(value) for name, value in given.items()}})
    centers = kmeans_train.fit(digits[0], parsed)
    assert centers.shape == (10, 64)
    assert nearest(digits[0], centers)[1].mean() < 800  # one center for all: 1199; scikit-learn's ten: 650


def test_kmeans_needs_as_many_rows_as_clusters(trained, digits):
    kmeans = trained("kmeans")
    kmeans.put("train", digits[0][:5])
    assert kmeans.train(k=6, feature_dim=64) == 2
    assert "k is 6, but channel 'train' has only 5 rows" in kmeans.job.failure
    kmeans.fit(k=5, feature_dim=64)


def test_clusters_of_the_same_row_are_no_trouble():
    from areas.algorithms.kmeans.declaration import ALGORITHM

    given = ALGORITHM.parse({"k": "3", "feature_dim": "2"})
    assert np.isfinite(kmeans_train.fit(np.ones((20, 2), np.float32), given)).all()


@pytest.mark.parametrize("mode", ["regular", "randomized"])
def test_pca_projects_as_scikit_learn_does(trained, digits, mode):
    from sklearn.decomposition import PCA

    rows = digits[0]
    pca = trained("pca")
    pca.put("train", rows)
    pca.fit(feature_dim=64, num_components=5, mini_batch_size=500, algorithm_mode=mode)
    answer = pca.ask(rows[:20])
    assert list(answer) == ["projections"]
    found = np.array([one["projection"] for one in answer["projections"]])[:, ::-1]  # AWS: the greatest variance last
    wanted = PCA(5).fit(rows).transform(rows[:20])
    assert np.abs(found) == pytest.approx(np.abs(wanted), abs=0.05 if mode == "regular" else 0.5)
    if mode == "randomized":
        total = np.square(rows - rows.mean(axis=0)).sum()
        exact, near = (
            np.square(values).sum() / total
            for values in (pca_train.regular(rows, rows.mean(axis=0), 5, 500)[0], _values(pca))
        )
        assert near == pytest.approx(exact, rel=0.005)


def _values(pca):
    with np.load(pca.model / "model_algo-1") as model:
        return model["s"]


def test_pca_can_leave_the_mean(trained, digits):
    pca = trained("pca")
    pca.put("train", digits[0])
    pca.put("test", digits[0][:100])
    pca.fit(feature_dim=64, num_components=1, mini_batch_size=500, subtract_mean="false")
    assert "test explained_variance_ratio <score>=" in pca.job.log
    top = np.linalg.eigh(digits[0].T @ digits[0])[1][:, -1]
    found = [one["projection"][0] for one in pca.ask(digits[0][:5])["projections"]]
    assert np.abs(found) == pytest.approx(np.abs(digits[0][:5] @ top), rel=1e-3)


def test_a_random_cut_forest_finds_tumors_as_well_as_an_isolation_forest(trained, cancers):
    from sklearn.ensemble import IsolationForest

    rows, labels = cancers
    usual, tumors = rows[labels == 1], rows[labels == 0][:20]
    both, truth = np.vstack([usual, tumors]), np.r_[np.zeros(len(usual)), np.ones(20)]
    rcf = trained("random_cut_forest")
    rcf.put("train", both, S3DistributionType="ShardedByS3Key")
    rcf.put("test", both, truth, content_type="text/csv;label_size=1", S3DistributionType="FullyReplicated")
    found = rcf.fit(feature_dim=30, num_trees=100, num_samples_per_tree=256)
    answer = rcf.ask(both)
    assert list(answer) == ["scores"]
    ours = auc(truth, [one["score"] for one in answer["scores"]])
    library = IsolationForest(n_estimators=100, random_state=0).fit(both)
    assert ours > auc(truth, -library.score_samples(both)) - 0.02
    assert {"test:f1", "test:accuracy", "test:precision", "test:recall"} < found.keys()
    assert 0 < found["test:f1"] <= 1
    far = rcf.ask(np.full((1, 30), 50.0))["scores"][0]["score"]
    assert far > 2 * max(one["score"] for one in answer["scores"][:100])


def test_every_row_of_a_tree_ends_in_a_leaf_of_its_own():
    rows = np.random.default_rng(0).random((300, 4), np.float32)
    rows[10] = rows[11]
    grown = forest.grow(rows, 50, 300)
    inner = grown.cut >= 0
    assert (grown.mass[grown.left[inner]] + grown.mass[grown.left[inner] + 1] == grown.mass[inner]).all()
    assert grown.mass[~inner].sum() == 50 * 300
    assert (grown.mass[~inner] == 2).sum() == 50  # the two rows that are the same
    same = forest.grow(np.ones((80, 3), np.float32), 50, 16)
    assert same.scores(np.zeros((1, 3), np.float32)) > 3 * same.scores(np.ones((1, 3), np.float32))


def test_lda_explains_documents_as_well_as_scikit_learn(trained, digits):
    from sklearn.decomposition import LatentDirichletAllocation

    counts = digits[0]
    lda = trained("lda")
    lda.put("train", counts[:600])
    lda.put("test", counts[600:900])
    found = lda.fit(feature_dim=64, num_topics=6, mini_batch_size=600, max_iterations=30)
    library = LatentDirichletAllocation(6, doc_topic_prior=1 / 6, topic_word_prior=1 / 6, max_iter=5, random_state=0)
    wanted = topics.likelihood_per_word(counts[600:900], library.fit(counts[:600]).components_, 1 / 6)
    assert found["test:pwll"] > wanted - 0.05
    mixtures = [one["topic_mixture"] for one in lda.ask(counts[600:605])["predictions"]]
    assert np.sum(mixtures, axis=1) == pytest.approx(1)
    assert lda.post(as_csv(-counts[600:602]), "text/csv").status == 400


def test_lda_of_sparse_counts_is_that_of_dense_ones(digits):
    import scipy.sparse

    counts = digits[0][:200]
    given = {"iterations": 3, "tolerance": 1e-9, "hear": lambda number, likelihood: False}
    dense = topics.fit(counts, 4, 0.25, 0.25, **given)
    sparse = topics.fit(scipy.sparse.csr_matrix(counts), 4, 0.25, 0.25, **given)
    assert sparse == pytest.approx(dense, rel=1e-4)


def test_lda_refuses_counts_below_zero(trained, cancers):
    lda = trained("lda")
    lda.put("train", cancers[0])
    assert lda.train(feature_dim=30, num_topics=2, mini_batch_size=569) == 2
    assert "negative count" in lda.job.failure
