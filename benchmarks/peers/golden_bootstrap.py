"""Golden 95 % intervals for test/report/bootstrap.test.ts, by scipy.stats.bootstrap (percentile method).

    python benchmarks/peers/golden_bootstrap.py

The answers are made by formulas that the test repeats, so that no data file is needed. The examples are resampled, and the
statistic is the mean over seeds of metric(after) - metric(before) on the resampled examples.
"""

import numpy as np
import scipy
import sklearn
from scipy.stats import bootstrap
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

NUM_EXAMPLES = 408
NUM_SEEDS = 3
RESAMPLES = 100_000

i = np.arange(NUM_EXAMPLES)
labels = (i * 7919 % 101 < 68).astype(int)


def answers(seed, wrong_per_mille):
    """Wrong in about so many of a thousand examples, others for every seed."""
    wrong = (i * 104729 + seed * 15485863 + i * i * 31) % 1000 < wrong_per_mille
    return np.where(wrong, 1 - labels, labels)


def counts(truth, answer):
    """True positives, true negatives, false positives, false negatives along the last axis."""
    return (
        (truth & answer).sum(-1, dtype=float),
        ((1 - truth) & (1 - answer)).sum(-1, dtype=float),
        ((1 - truth) & answer).sum(-1, dtype=float),
        (truth & (1 - answer)).sum(-1, dtype=float),
    )


def accuracy(truth, answer):
    tp, tn, fp, fn = counts(truth, answer)
    return (tp + tn) / (tp + tn + fp + fn)


def f1(truth, answer):
    tp, _, fp, fn = counts(truth, answer)
    return 2 * tp / (2 * tp + fp + fn)


def matthews(truth, answer):
    tp, tn, fp, fn = counts(truth, answer)
    return (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


before = [answers(seed, 180) for seed in range(NUM_SEEDS)]
after = [answers(seed + 10, 130) for seed in range(NUM_SEEDS)]
print("scipy", scipy.__version__, "numpy", np.__version__, "scikit-learn", sklearn.__version__)
for metric, reference in [(accuracy, accuracy_score), (f1, f1_score), (matthews, matthews_corrcoef)]:
    assert np.isclose(metric(labels, after[0]), reference(labels, after[0]))

    def statistic(indices, axis=-1):
        truth = labels[indices]
        differences = [metric(truth, a[indices]) - metric(truth, b[indices]) for a, b in zip(after, before)]
        return np.mean(differences, axis=0)

    result = bootstrap(
        (i,), statistic, n_resamples=RESAMPLES, method="percentile", vectorized=True, batch=1000, rng=1
    )
    low, high = result.confidence_interval
    print(metric.__name__, "difference", statistic(i), "low", low, "high", high, "error", result.standard_error)

gained = np.mean([(a == labels) * 1.0 - (b == labels) for a, b in zip(after, before)], axis=0)
error = gained.std() / np.sqrt(NUM_EXAMPLES)
print("accuracy by the normal approximation", gained.mean() - 1.96 * error, gained.mean() + 1.96 * error)
