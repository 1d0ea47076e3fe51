from . import fetch
from .choice import Binding
from .doctor.canary import Sight, require_sight, sight_of
from .doctor.probe import probe_model
from .embedded.coco import usable_labels
from .embedded.conse import LabelSpace
from .embedded.counting import chance_of_more, could_be_more, distinct
from .embedded.evidence import (
    Evidence,
    element_probability,
    evidence_probability,
    hazard_probability,
    person_probability,
)
from .embedded.imagenet import class_names
from .embedded.phrases import reach_of
from .embedded.reader import TASK, ReaderBackend
from .embedded.scene import Scene, Thing
from .embedded.thresholds import read_thresholds
from .embedded.visible import count_of
from .errors import (
    EMPTY,
    BadAnswer,
    ContentFiltered,
    Denied,
    EmptyAnswer,
    Missing,
    ModelError,
    NoOption,
    NotSupported,
    RateLimited,
    Refused,
    ServerFault,
    Truncated,
    Unreachable,
)
from .fake.server import FakeEndpoint, run_fake_server, serve_script
from .fetch.cache import home
from .hf.decode import Coca, Vcd
from .hf.remedy import with_remedy
from .hf.repository import copy_processor, locate_repository, open_network, open_processor
from .json_reply import is_bare
from .loading import READY_WAIT_S, is_loading, poll_after
from .message import Message, system, user
from .protocol import (
    Answer,
    Backend,
    Capabilities,
    Choice,
    Model,
    ModelCard,
    Request,
    Sampling,
    TellsNotes,
    TokenLogprob,
    Usage,
    Vectors,
)
from .reasoning import split_reply
from .schema import obey, parse_json
from .sent import Sent, counting
from .spec import parse
from .tuned.folder import AdapterFile, TunedFile, read_tuned, write_adapter, write_head
from .tuned.formats import JudgeFormat, judge_prompt, policy_of
from .tuned.head import LinearHead
from .tuned.scenes import KeptScenes
from .tuned.vectors import Shown, Vectorizer, vector_width
from .tuned.verdict import Verdict, judgement_text, llama_guard, llavaguard

__all__ = [
    "EMPTY",
    "READY_WAIT_S",
    "TASK",
    "AdapterFile",
    "Answer",
    "Backend",
    "BadAnswer",
    "Binding",
    "Capabilities",
    "Choice",
    "Coca",
    "ContentFiltered",
    "Denied",
    "EmptyAnswer",
    "Evidence",
    "FakeEndpoint",
    "JudgeFormat",
    "KeptScenes",
    "LabelSpace",
    "LinearHead",
    "Message",
    "Missing",
    "Model",
    "ModelCard",
    "ModelError",
    "NoOption",
    "NotSupported",
    "RateLimited",
    "ReaderBackend",
    "Refused",
    "Request",
    "Sampling",
    "Scene",
    "Sent",
    "ServerFault",
    "Shown",
    "Sight",
    "TellsNotes",
    "Thing",
    "TokenLogprob",
    "Truncated",
    "TunedFile",
    "Unreachable",
    "Usage",
    "Vcd",
    "Vectorizer",
    "Vectors",
    "Verdict",
    "chance_of_more",
    "class_names",
    "copy_processor",
    "could_be_more",
    "count_of",
    "counting",
    "distinct",
    "element_probability",
    "evidence_probability",
    "fetch",
    "hazard_probability",
    "home",
    "is_bare",
    "is_loading",
    "judge_prompt",
    "judgement_text",
    "llama_guard",
    "llavaguard",
    "locate_repository",
    "obey",
    "open_network",
    "open_processor",
    "parse",
    "parse_json",
    "person_probability",
    "policy_of",
    "poll_after",
    "probe_model",
    "reach_of",
    "read_thresholds",
    "read_tuned",
    "require_sight",
    "run_fake_server",
    "serve_script",
    "sight_of",
    "split_reply",
    "system",
    "usable_labels",
    "user",
    "vector_width",
    "with_remedy",
    "write_adapter",
    "write_head",
]
