from .answers import AnswerStore
from .atomic import (
    clear_parts,
    is_part,
    open_part,
    open_resumed,
    private_folder,
    replacing,
    resumed_part,
    write_json,
    write_text,
)
from .decode import BadImage, Bounds, Decoded, decode_image, fit_image
from .errors import StoreError
from .features import IMAGE, table_schema
from .images import ImageDamaged, ImageMissing, ImageStore
from .parquet import TableError, TableFile, read_table, table_rows
from .paths import LINKED, UnreadableFile, read_named, stays_in
from .phash import DECODE_SIDE, perceptual_hash
from .record import OK, Record
from .similar import NEAR_BITS, group_similar, parse_hashes
from .tables import DatasetSink, ParquetSink, write_table

__all__ = [
    "DECODE_SIDE",
    "IMAGE",
    "LINKED",
    "NEAR_BITS",
    "OK",
    "AnswerStore",
    "BadImage",
    "Bounds",
    "DatasetSink",
    "Decoded",
    "ImageDamaged",
    "ImageMissing",
    "ImageStore",
    "ParquetSink",
    "Record",
    "StoreError",
    "TableError",
    "TableFile",
    "UnreadableFile",
    "clear_parts",
    "decode_image",
    "fit_image",
    "group_similar",
    "is_part",
    "open_part",
    "open_resumed",
    "parse_hashes",
    "perceptual_hash",
    "private_folder",
    "read_named",
    "read_table",
    "replacing",
    "resumed_part",
    "stays_in",
    "table_rows",
    "table_schema",
    "write_json",
    "write_table",
    "write_text",
]
