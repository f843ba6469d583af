"""The size of a JPEG picture, from its header alone: the centre carries no vision library."""

# Start-of-frame markers (ITU-T T.81, table B.1): C0-CF without C4 (Huffman), C8 (reserved), CC (arithmetic).
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE = frozenset(range(0xD0, 0xD8)) | {0x01}


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in px; None when the bytes are not a JPEG or end before they tell."""
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAME_MARKERS:
            height = int.from_bytes(data[at + 5 : at + 7])
            width = int.from_bytes(data[at + 7 : at + 9])
            return (width, height) if width and height else None
        at += _step(data, at, marker)
    return None


def _step(data: bytes, at: int, marker: int) -> int:
    if marker == 0xFF:  # a fill byte
        return 1
    if marker in _STANDALONE:
        return 2
    return 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
