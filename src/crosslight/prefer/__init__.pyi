from .answer_table import ANSWERS, answer_rows
from .answered import Answered, Item, Responder, same_text
from .answers import AskResponders
from .asking import AskConfig, check_roles, responder_roles, responders_of
from .grade import Grade, safety
from .question import Question
from .questions.checks import CheckQuestion
from .questions.choose import ChooseLeaves, LeafChoice
from .questions.tree import TreeLeaf, leaves_named, tree_leaves
from .questions.writer import WriteQuestions
from .rates import ResponderRates, Share, responder_rates
from .sources import Inputs, inputs_of, intake_of, question_column

__all__ = [
    "ANSWERS",
    "Answered",
    "AskConfig",
    "AskResponders",
    "CheckQuestion",
    "ChooseLeaves",
    "Grade",
    "Inputs",
    "Item",
    "LeafChoice",
    "Question",
    "Responder",
    "ResponderRates",
    "Share",
    "TreeLeaf",
    "WriteQuestions",
    "answer_rows",
    "check_roles",
    "inputs_of",
    "intake_of",
    "leaves_named",
    "question_column",
    "responder_rates",
    "responder_roles",
    "responders_of",
    "safety",
    "same_text",
    "tree_leaves",
from .config import PreferConfig
from .dataset import PAIRS, PairRow, PairsRun, pair_files, pair_row, read_pairs, write_pairs
from .job import PreferJob
from .run import run_prefer
from .summary import needs_picture

__all__ = [
    "PAIRS",
    "PairRow",
    "PairsRun",
    "PreferConfig",
    "PreferJob",
    "needs_picture",
    "pair_files",
    "pair_row",
    "read_pairs",
    "run_prefer",
    "write_pairs",
]
