from .answer_table import ANSWERS, answer_rows
from .answered import Answered, Item, Responder, same_text
from .answers import AskResponders
from .asking import AskConfig, check_roles, responder_roles, responders_of
from .compare import PreferPair, compare_pairs
from .config import PreferConfig
from .dataset import PAIRS, PairRow, PairsRun, pair_row, read_pairs, write_pairs
from .dry_run import estimate_prefer
from .grade import Grade, safety
from .job import PreferJob
from .plans import ask_plans
from .question import Question
from .questions.checks import CheckQuestion
from .questions.choose import ChooseLeaves, LeafChoice
from .questions.tree import TreeLeaf, leaves_named, tree_leaves
from .questions.writer import WriteQuestions
from .rates import ResponderRates, Share, responder_rates
from .rethreshold import Changed, rethreshold_pairs
from .run import run_prefer
from .sources import Inputs, inputs_of, intake_of, question_column
from .summary import needs_picture

__all__ = [
    "ANSWERS",
    "PAIRS",
    "Answered",
    "AskConfig",
    "AskResponders",
    "Changed",
    "CheckQuestion",
    "ChooseLeaves",
    "Grade",
    "Inputs",
    "Item",
    "LeafChoice",
    "PairRow",
    "PairsRun",
    "PreferConfig",
    "PreferJob",
    "PreferPair",
    "Question",
    "Responder",
    "ResponderRates",
    "Share",
    "TreeLeaf",
    "WriteQuestions",
    "answer_rows",
    "ask_plans",
    "check_roles",
    "compare_pairs",
    "estimate_prefer",
    "inputs_of",
    "intake_of",
    "leaves_named",
    "needs_picture",
    "pair_row",
    "question_column",
    "read_pairs",
    "responder_rates",
    "responder_roles",
    "responders_of",
    "rethreshold_pairs",
    "run_prefer",
    "safety",
    "same_text",
    "tree_leaves",
    "write_pairs",
]
