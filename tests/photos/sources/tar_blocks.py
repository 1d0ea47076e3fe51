"""Tars by the block, as no honest tool writes them."""

import tarfile


def header(name: str = "a.jpg", size: int = 0, kind: bytes = tarfile.REGTYPE) -> bytes:
    """One header block."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def signed(block: bytes, at: int, field: bytes) -> bytes:
    """A header block with other bytes at a place, and the sum that fits."""
    made = bytearray(block)
    made[at : at + len(field)] = field
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def pax(**values: str) -> bytes:
    """A PAX header with these records (`__` for a dot)."""
    data = b""
    for key, value in values.items():
        record = f" {key.replace('__', '.')}={value}\n".encode("utf-8", "surrogateescape")
        length = len(record) + 1
        while len(str(length)) + len(record) != length:
            length += 1
        data += str(length).encode() + record
    return header("x", len(data), tarfile.XHDTYPE) + padded(data)


GOOD = header("good.jpg", 4) + padded(b"good")
END = bytes(1024)

DAMAGED: dict[str, bytes] = {
    "a size that leads back": pax(size="-1536") + header(),
    "a size below zero": pax(size="-1") + header(),
    "a size below zero in the header": signed(header(), 124, b"\xff" * 12),
    "a size that leads back in the header": signed(header(), 124, b"\xff" * 10 + b"\xfa\x00"),
    "a huge size": pax(size="9" * 20) + header(),
    "a size past the end": pax(size="999999") + header(),
    "a size of letters": pax(size="1e3") + header(),
    "a size of other digits": pax(size="\u0663") + header(),
    "an empty size": pax(size="") + header(),
    "a size of 5,000 digits": pax(size="1" * 5000) + header(),
    "a chain of GNU names": (header("x", 5, b"L") + padded(b"name\0")) * 3000 + header(),
    "a chain of PAX headers": pax(path="p") * 3000 + header(),
    "a chain of global headers": (header("x", 9, b"g") + padded(b"9 a=bcde\n")) * 3000 + header(),
    "a name of a negative size": signed(header("x", 0, b"L"), 124, b"\xff" * 12) + header(),
    "a name of 2 GiB": signed(header("x", 0, b"L"), 124, b"\x80" + (2**31).to_bytes(11, "big")),
    "a record without a length": header("x", 8, b"x") + padded(b" a=bcde\n") + header(),
    "a record longer than its header": header("x", 9, b"x") + padded(b"99 a=bcd\n") + header(),
    "a record of length zero": header("x", 9, b"x") + padded(b"0 a=bcde\n") + header(),
    "a record of a huge length": header("x", 9, b"x") + padded(b"9" * 9) + header(),
    "a name without a member": header("x", 5, b"L") + padded(b"name\0") + bytes(512),
    "a broken sum": header()[:148] + b"0000000\0" + header()[156:],
    "no header at all": b"x" * 512,
}
"""What stands between a good member and another one that nobody gets to."""

SPARSE: dict[str, bytes] = {
    "a map that is odd": pax(GNU__sparse__map="0,1,a") + header(),
    "a version without a map": pax(GNU__sparse__major="1", GNU__sparse__minor="0") + header(),
    "a size of letters": pax(GNU__sparse__size="x") + header(),
    "of 1 TiB": pax(GNU__sparse__realsize=str(2**40), GNU__sparse__map="0,1") + header(),
    "of the old form": signed(header("s.jpg", 0, b"S"), 386, b"7" * 12),
    "of the old form, with more maps": signed(header("s.jpg", 0, b"S"), 482, b"\1") + bytes(512),
}
