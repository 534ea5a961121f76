"""Golden numbers for test/metrics: random cases and their scores by scikit-learn and SciPy, as JSON.

    python benchmarks/peers/golden_metrics.py > test/metrics/golden.json && npx prettier --write test/metrics/golden.json

An undefined score is written as null; src/metrics returns 0 there.
"""

import json
import math
import platform
import warnings

import numpy as np
import scipy
import sklearn
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, matthews_corrcoef

SEED = 20190205
warnings.simplefilter("ignore")  # undefined scores are what some of the cases are about


def number(value):
    return None if math.isnan(value) else float(value)


def classification(name, labels, predictions, num_labels):
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    return {
        "name": name,
        "numLabels": num_labels,
        "labels": labels.tolist(),
        "predictions": predictions.tolist(),
        "confusion": confusion_matrix(labels, predictions, labels=range(num_labels)).tolist(),
        "metrics": {
            "accuracy": number(accuracy_score(labels, predictions)),
            "f1": number(f1_score(labels == 1, predictions == 1, zero_division=0)),
            "macroF1": number(f1_score(labels, predictions, average="macro", zero_division=0)),
            "matthews": number(matthews_corrcoef(labels, predictions)),
        },
    }


def regression(name, labels, predictions):
    return {
        "name": name,
        "labels": list(map(float, labels)),
        "predictions": list(map(float, predictions)),
        "metrics": {
            "pearson": number(pearsonr(predictions, labels).statistic),
            "spearman": number(spearmanr(predictions, labels).statistic),
        },
    }


def main():
    rng = np.random.default_rng(SEED)
    classes, scores = [], []
    for num_labels in (2, 2, 2, 3, 3, 5):
        labels = rng.integers(0, num_labels, 40)
        keep = rng.random(40) < rng.uniform(0.1, 0.95)
        predictions = np.where(keep, labels, rng.integers(0, num_labels, 40))
        classes.append(classification(f"random, {num_labels} classes", labels, predictions, num_labels))
    classes.append(classification("imbalanced", rng.random(60) < 0.1, rng.random(60) < 0.2, 2))
    classes.append(classification("perfect", [0, 1, 1, 0], [0, 1, 1, 0], 2))
    classes.append(classification("all wrong", [0, 1, 1, 0], [1, 0, 0, 1], 2))
    classes.append(classification("constant prediction", [0, 1, 1, 0, 1], [1, 1, 1, 1, 1], 2))
    classes.append(classification("class 1 nowhere", [0, 0, 0], [0, 0, 0], 2))
    classes.append(classification("class 1 never predicted", [0, 1, 0], [0, 0, 0], 2))
    for case in classes:
        case["labels"] = [int(x) for x in case["labels"]]
        case["predictions"] = [int(x) for x in case["predictions"]]
    for noise in (0.1, 1.0, 10.0):
        labels = np.round(rng.uniform(0, 5, 40), 1)
        predictions = np.round(labels + noise * rng.normal(size=40), 4)
        scores.append(regression(f"noise {noise}", labels, predictions))
    scores.append(regression("many ties", rng.integers(0, 3, 50), rng.integers(0, 4, 50)))
    scores.append(regression("monotone, not linear", [1, 2, 3, 4, 5], [1, 10, 100, 1000, 10000]))
    scores.append(regression("reversed", [1, 2, 3], [3, 2, 1]))
    scores.append(regression("large offset", labels, 1e6 + predictions))
    scores.append(regression("constant prediction", [0.1, 0.2, 0.7], [0.1, 0.1, 0.1]))
    source = {
        "script": "benchmarks/peers/golden_metrics.py",
        "seed": SEED,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
    print(json.dumps({"source": source, "classification": classes, "regression": scores}))


main()
