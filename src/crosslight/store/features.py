"""Parquet schemas that Hugging Face `datasets` reads with the right features.

The features stand in the schema's metadata, as `datasets` itself writes them: so an image column
arrives as PIL images there, and as a struct of bytes and path everywhere else.
"""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""A column of this type is an image: the encoded bytes as they are, and a name for them."""


def table_schema(columns: Mapping[str, pa.DataType]) -> pa.Schema:
    """A schema with its `huggingface` metadata; columns keep their order."""
    fields = [pa.field(name, kind) for name, kind in columns.items()]
    features = {name: _feature(kind) for name, kind in columns.items()}
    info = json.dumps({"info": {"features": features}})
    return pa.schema(fields, metadata={"huggingface": info})


def _feature(kind: pa.DataType) -> Any:
    if kind == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_list(kind):
        if pa.types.is_struct(kind.value_type) and kind.value_type != IMAGE:
            # A `Sequence` of a struct would be turned into a struct of lists.
            return [_feature(kind.value_type)]
        # Read by all versions of `datasets`; newer ones write it as `List`.
        return {"feature": _feature(kind.value_type), "_type": "Sequence"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": _dtype(kind), "_type": "Value"}


def _dtype(kind: pa.DataType) -> str:
    names = {pa.float64(): "float64", pa.float32(): "float32", pa.bool_(): "bool"}
    return names.get(kind, str(kind))
