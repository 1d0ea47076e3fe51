from .agreement import Agreement, rater_agreement
from .auc import MIN_GROUPS, MIN_ROWS, Auc, grouped_auc
from .bootstrap import LEVEL, bootstrap_interval, bootstrap_p, by_cluster, draws
from .good_turing import LEAST_DRAWS, MissingMass, missing_mass
from .held_out import MOST_TERMS, bag, terms_auc, vector_auc
from .intervals import bonett_price, clopper_pearson, newcombe_auc, wilson
from .means import MeanEstimate, clustered_mean
from .pair_shortcuts import AUDITED_PAIRS, PairAudit, PairRule, PairTexts, RightShare, audit_pairs
from .pairwise import Match, Strength, Wins, bradley_terry, win_matrix
from .resampled import Resampled, seed_weights, spread
from .shortcuts import (
    AUDITED_ROWS,
    TOO_TELLING,
    AuditRow,
    Lengths,
    Shortcut,
    TextAudit,
    audit_texts,
    sample_places,
    sample_rows,
)
from .significance import benjamini_hochberg, holm, mcnemar
from .strata import Cell, Cells
from .twin_texts import folded, twin_texts
from .wording import Repeated, TellingWord, frame

__all__ = [
    "AUDITED_PAIRS",
    "AUDITED_ROWS",
    "LEAST_DRAWS",
    "LEVEL",
    "MIN_GROUPS",
    "MIN_ROWS",
    "MOST_TERMS",
    "TOO_TELLING",
    "Agreement",
    "Auc",
    "AuditRow",
    "Cell",
    "Cells",
    "Lengths",
    "Match",
    "MeanEstimate",
    "MissingMass",
    "PairAudit",
    "PairRule",
    "PairTexts",
    "Repeated",
    "Resampled",
    "RightShare",
    "Shortcut",
    "Strength",
    "TellingWord",
    "TextAudit",
    "Wins",
    "audit_pairs",
    "audit_texts",
    "bag",
    "benjamini_hochberg",
    "bonett_price",
    "bootstrap_interval",
    "bootstrap_p",
    "bradley_terry",
    "by_cluster",
    "clopper_pearson",
    "clustered_mean",
    "draws",
    "folded",
    "frame",
    "grouped_auc",
    "holm",
    "mcnemar",
    "missing_mass",
    "newcombe_auc",
    "rater_agreement",
    "sample_places",
    "sample_rows",
    "seed_weights",
    "spread",
    "terms_auc",
    "twin_texts",
    "vector_auc",
    "wilson",
    "win_matrix",
]
