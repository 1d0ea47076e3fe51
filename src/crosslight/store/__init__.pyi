from .answers import AnswerStore
from .atomic import clear_parts, replacing, write_json, write_text
from .decode import BadImage, Bounds, Decoded, decode_image, fit_image
from .errors import StoreError
from .features import IMAGE, table_schema
from .images import ImageDamaged, ImageMissing, ImageStore
from .parquet import TableError, TableFile, read_table, table_rows
from .phash import DECODE_SIDE, perceptual_hash
from .record import OK, Record
from .similar import NEAR_BITS, group_similar, parse_hashes
from .tables import DatasetSink, ParquetSink, write_table

__all__ = [
    "DECODE_SIDE",
    "IMAGE",
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
    "clear_parts",
    "decode_image",
    "fit_image",
    "group_similar",
    "parse_hashes",
    "perceptual_hash",
    "read_table",
    "replacing",
    "table_rows",
    "table_schema",
    "write_json",
    "write_table",
    "write_text",
]
