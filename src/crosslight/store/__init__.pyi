from .answers import AnswerStore
from .atomic import (
    clear_parts,
    is_part,
    open_part,
    open_resumed,
    part_of,
    replacing,
    resumed_part,
    sync_folder,
    write_json,
    write_text,
)
from .bounds import BadImage, Bounds
from .calls import Call, Calls, calls_about
from .decode import decode_image, peek_image, survey_image
from .errors import StoreError
from .features import IMAGE, table_schema
from .file_hash import file_sha256
from .foreign import (
    NoSuchFile,
    TwoFiles,
    bare_name,
    find_file,
    is_windows_path,
    local_path,
    same_name,
)
from .frames import Frames
from .handwritten import fitted, read_fitted, read_text, read_yaml
from .images import ImageDamaged, ImageMissing, ImageStore
from .json_lines import MOST_JSON_LINES, JsonLine, json_lines
from .looks import LOOKS, NARROW, WHOLE, Look, Looks, is_narrow, told_frames
from .outline.read import sniff
from .parquet import TableError, TableFile, read_table, table_rows
from .paths import LINKED, UnreadableFile, open_regular, read_json, read_named, stays_in
from .phash import DECODE_SIDE, perceptual_hash
from .pixels import Decoded, Peek, fit_image
from .private import open_to_others, plain_path, private_folder
from .record import OK, Record
from .similar import NEAR_BITS, group_similar, near_pairs, parse_hashes
from .stored_pictures import stored_pictures
from .tables import DatasetSink, ParquetSink, write_table
from .workers import DecoderDown

__all__ = [
    "DECODE_SIDE",
    "IMAGE",
    "LINKED",
    "LOOKS",
    "MOST_JSON_LINES",
    "NARROW",
    "NEAR_BITS",
    "OK",
    "WHOLE",
    "AnswerStore",
    "BadImage",
    "Bounds",
    "Call",
    "Calls",
    "DatasetSink",
    "Decoded",
    "DecoderDown",
    "Frames",
    "ImageDamaged",
    "ImageMissing",
    "ImageStore",
    "JsonLine",
    "Look",
    "Looks",
    "NoSuchFile",
    "ParquetSink",
    "Peek",
    "Record",
    "StoreError",
    "TableError",
    "TableFile",
    "TwoFiles",
    "UnreadableFile",
    "bare_name",
    "calls_about",
    "clear_parts",
    "decode_image",
    "file_sha256",
    "find_file",
    "fit_image",
    "fitted",
    "group_similar",
    "is_narrow",
    "is_part",
    "is_windows_path",
    "json_lines",
    "local_path",
    "near_pairs",
    "open_part",
    "open_regular",
    "open_resumed",
    "open_to_others",
    "parse_hashes",
    "part_of",
    "peek_image",
    "perceptual_hash",
    "plain_path",
    "private_folder",
    "read_fitted",
    "read_json",
    "read_named",
    "read_table",
    "read_text",
    "read_yaml",
    "replacing",
    "resumed_part",
    "same_name",
    "sniff",
    "stays_in",
    "stored_pictures",
    "survey_image",
    "sync_folder",
    "table_rows",
    "table_schema",
    "told_frames",
    "write_json",
    "write_table",
    "write_text",
]
