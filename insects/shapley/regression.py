"""Weighted least squares on pairs of coalitions, with a ridge chosen by the leave-one-out error.

A ridge pulls every value towards the mean, the largest ones furthest: it takes them for chance. So
it can be told which players to expect large values of, and then spares these (adaptive ridge;
Grandvalet, 1998).

Sources: the regression with its constraint, Covert & Lee, "Improving KernelSHAP" (2021); the
leave-one-out error, PRESS (Allen, 1974).
"""

from dataclasses import dataclass

import numpy as np

RIDGES = np.logspace(-4, 3, 29)


@dataclass(frozen=True)
class Regression:
    """The part of the regression that rests on the coalitions alone; every ridge shares it.

    With B = S (A + (tr A / n²) 11ᵀ) S + ridge (tr A / n) I, where S holds the spreads, only the
    ridge differs. So one eigendecomposition of S (A + (tr A / n²) 11ᵀ) S serves every ridge.

    Args:
        rotated: (n_pairs, n_players), +1 and −1 for shown and hidden, centred by size, in the
            coordinates of `vectors`.
        centre: (n_pairs,), what was taken off.
        weights: (n_pairs,), mean 1.
        scale: tr A / n.
        eigenvalues: (n_players,).
        vectors: (n_players, n_players), S times the eigenvectors.
    """

    rotated: np.ndarray
    centre: np.ndarray
    weights: np.ndarray
    scale: float
    eigenvalues: np.ndarray
    vectors: np.ndarray

    @classmethod
    def of(cls, shown: np.ndarray, spreads: np.ndarray | None = None) -> "Regression":
        """Prepare for coalitions.

        Args:
            shown: (n_pairs, n_players) bool.
            spreads: (n_players,), how large the value of each player may be, beside the others;
                None where nothing is known of them.
        """
        n_pairs, n = shown.shape
        sizes = shown.sum(axis=1)
        weights = 1.0 / (sizes * (n - sizes))
        weights /= weights.mean()
        centre = 2 * sizes / n - 1
        x = 2.0 * shown - 1 - centre[:, None]
        a = (weights[:, None] * x).T @ x / n_pairs
        scale = float(np.trace(a) / n)
        spreads = np.ones(n) if spreads is None else spreads
        eigenvalues, vectors = np.linalg.eigh(spreads[:, None] * (a + scale / n) * spreads)
        vectors = spreads[:, None] * vectors
        return cls(x @ vectors, centre, weights, scale, np.maximum(eigenvalues, 0), vectors)

    def solve_plainly(self, differences: np.ndarray, total: np.ndarray) -> np.ndarray:
        """Return the values, (n_players, n_outputs), without choosing a ridge."""
        _, target = self._data(differences, total)
        return self._values(self._inverse(RIDGES[0])[:, None] * target, total)

    def solve(
        self, differences: np.ndarray, total: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Return values, standard errors and the leave-one-out error, by the ridge of the smallest.

        The square of an error is the variance, with the ridge as prior, and the square of what the
        ridge takes off that very value: the variance alone knows only what it takes off on average,
        and from the strongest values it takes most.

        Args:
            differences: (n_pairs, n_outputs), score of a coalition less that of its complement.
            total: (n_outputs,), score of everybody less that of nobody.
        """
        r, target = self._data(differences, total)
        n_pairs = len(r)
        squares = self.weights[:, None] / n_pairs * self.rotated**2

        def fit(ridge: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            """Return rotated slopes, residuals and leverages."""
            slopes = self._inverse(ridge)[:, None] * target
            return slopes, r - self.rotated @ slopes, squares @ self._inverse(ridge)

        def press(ridge: float) -> float:
            _, residuals, leverages = fit(ridge)
            kept = np.maximum(1 - leverages, 1e-6)
            return float((self.weights[:, None] * (residuals / kept[:, None]) ** 2).sum())

        ridge = min(RIDGES, key=press)
        slopes, residuals, leverages = fit(ridge)
        freedom = max(n_pairs - leverages.sum(), 1.0)
        noise = (self.weights[:, None] * residuals**2).sum(axis=0) / freedom
        centred = self.vectors - self.vectors.mean(axis=0)
        variances = np.outer(centred**2 @ self._inverse(ridge), noise) / n_pairs
        taken_off = centred @ (ridge * self.scale * self._inverse(ridge)[:, None] * slopes)
        return self._values(slopes, total), np.sqrt(variances + taken_off**2), press(ridge)

    def _data(self, differences: np.ndarray, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what is left to explain, (n_pairs, n_outputs), and its rotated moments with x."""
        r = differences - self.centre[:, None] * total
        return r, self.rotated.T @ (self.weights[:, None] * r) / len(r)

    def _inverse(self, ridge: float) -> np.ndarray:
        return 1 / (self.eigenvalues + ridge * self.scale)

    def _values(self, rotated_slopes: np.ndarray, total: np.ndarray) -> np.ndarray:
        slopes = self.vectors @ rotated_slopes
        return total / len(slopes) + slopes - slopes.mean(axis=0)
