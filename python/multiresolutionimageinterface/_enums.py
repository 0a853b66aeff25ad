# SPDX-License-Identifier: Apache-2.0
"""The enums of ASAP 2 (ColorType_RGB) and those of ASAP 1.9 (RGB): the same numbers."""
_NAMES = {
    "ColorType": ("InvalidColorType", "Monochrome", "RGB", "RGBA", "Indexed"),
    "DataType": ("InvalidDataType", "UChar", "UInt16", "UInt32", "Float"),
    "Compression": ("RAW", "JPEG", "LZW", "JPEG2000"),
    "Interpolation": ("NearestNeighbor", "Linear"),
}

for _enum, _values in _NAMES.items():
    for _number, _name in enumerate(_values):
        globals()[f"{_enum}_{_name}"] = _number
        globals()[_name] = _number

# What 1.9 called RGBA.
ARGB = globals()["RGBA"]

__all__ = [name for name in globals() if not name.startswith("_")]
