"""Shapley values of a game, estimated; nothing here knows of photos or networks.

A game is one function from coalitions, (n_coalitions, n_players) bool, to scores,
(n_coalitions, n_outputs). An estimator is a generator: it yields ever better estimates.
"""
