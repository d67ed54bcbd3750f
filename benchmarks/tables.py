"""What writing a table's features in 8 bits costs: scikit-learn's accuracy on the floats and on the bytes.

Run as ``python benchmarks/tables.py``; five folds, three times.
"""

import numpy as np
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from verifuse.learning.datasets import SKLEARN_TABLES, table_images

JUDGES = {
    "logistic regression": LogisticRegression(max_iter=2000),
    "64 hidden units": MLPClassifier((64,), max_iter=1000, random_state=0),
}


def main() -> None:
    """Print mean accuracies and the mean difference with its standard error over the folds."""
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0)
    print(f"{'table':<15}{'judge':<21}{'floats':>8}{'8 bits':>8}   difference (standard error)")
    for name in SKLEARN_TABLES:
        values, labels = getattr(datasets, f"load_{name}")(return_X_y=True)
        for judge, model in JUDGES.items():
            scores = []
            for train, test in folds.split(values, labels):
                bytes_ = (rows[:, 0] for rows in table_images(values[train], values[test]))
                scores.append(
                    [
                        make_pipeline(StandardScaler(), model)
                        .fit(mine, labels[train])
                        .score(rest, labels[test])
                        for mine, rest in ((values[train], values[test]), tuple(bytes_))
                    ]
                )
            floats, bits = np.mean(scores, axis=0)
            change = np.diff(scores, axis=1)
            error = change.std(ddof=1) / len(change) ** 0.5
            print(f"{name:<15}{judge:<21}{floats:>8.1%}{bits:>8.1%}   {change.mean():+.2%} ({error:.2%})")


if __name__ == "__main__":
    main()
