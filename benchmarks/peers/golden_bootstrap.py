"""Golden 95 % intervals for test/report/bootstrap.test.ts: scipy.stats.bootstrap, paired, percentile.

    python benchmarks/peers/golden_bootstrap.py

The answers are made by formulas that the test repeats, so that no data file is needed.
"""

import numpy as np
import scipy
from scipy.stats import bootstrap
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

NUM_EXAMPLES = 408
NUM_SEEDS = 3
RESAMPLES = 100_000

i = np.arange(NUM_EXAMPLES)
labels = (i * 7919 % 101 < 68).astype(float)


def answers(seed, wrong_per_mille):
    """Wrong in about so many of a thousand examples, others for every seed."""
    wrong = (i * 104729 + seed * 15485863 + i * i * 31) % 1000 < wrong_per_mille
    return np.where(wrong, 1 - labels, labels)


before = [answers(seed, 180) for seed in range(NUM_SEEDS)]
after = [answers(seed + 10, 130) for seed in range(NUM_SEEDS)]
metrics = {
    "accuracy": accuracy_score,
    "f1": f1_score,
    "matthews": matthews_corrcoef,
}
print("scipy", scipy.__version__, "numpy", np.__version__, "resamples", RESAMPLES)
for name, metric in metrics.items():

    def statistic(indices):
        indices = indices.astype(int)
        return np.mean([
            metric(labels[indices], after[s][indices]) - metric(labels[indices], before[s][indices])
            for s in range(NUM_SEEDS)
        ])

    resamples = RESAMPLES if name == "accuracy" else 20_000
    result = bootstrap(
        (i.astype(float),), statistic, n_resamples=resamples, method="percentile", vectorized=False, rng=1
    )
    print(name, "difference", statistic(i), "low", result.confidence_interval.low,
          "high", result.confidence_interval.high, "standard error", result.standard_error)
correct = np.mean([(after[s] == labels).astype(float) - (before[s] == labels) for s in range(NUM_SEEDS)], axis=0)
se = correct.std(ddof=0) / np.sqrt(NUM_EXAMPLES)
print("accuracy, normal approximation", correct.mean() - 1.96 * se, correct.mean() + 1.96 * se)
