# SPDX-License-Identifier: Apache-2.0
"""std::vector and std::map as SWIG wraps them: lists and dicts with C++'s names besides their own."""


class _Vector(list):
    """A list that takes values of one type."""

    @staticmethod
    def _take(value):
        return value

    def __init__(self, size=0, value=None):
        if isinstance(size, int):
            super().__init__([self._take(0) if value is None else self._take(value)] * size)
        else:
            super().__init__(map(self._take, size))

    def append(self, value):
        super().append(self._take(value))

    push_back = append

    def extend(self, values):
        super().extend(map(self._take, values))

    def insert(self, place, value):
        super().insert(place, self._take(value))

    def __setitem__(self, place, value):
        taken = [self._take(one) for one in value] if isinstance(place, slice) else self._take(value)
        super().__setitem__(place, taken)

    def size(self):
        return len(self)

    def empty(self):
        return not self

    def front(self):
        return self[0]

    def back(self):
        return self[-1]

    def pop_back(self):
        del self[-1]

    def assign(self, size, value):
        self[:] = [value] * size

    def resize(self, size, value=0):
        del self[size:]
        self.extend([value] * (size - len(self)))

    def swap(self, other):
        self[:], other[:] = list(other), list(self)


def _integer(lowest, highest):
    def take(value):
        number = value.__index__() if hasattr(value, "__index__") else None
        if number is None:
            raise TypeError(f"an integer is wanted, not {type(value).__name__}")
        if not lowest <= number <= highest:
            raise OverflowError(f"{number} is not between {lowest} and {highest}")
        return number
    return staticmethod(take)


class vector_int(_Vector):
    _take = _integer(-2**31, 2**31 - 1)


class vector_uint(_Vector):
    _take = _integer(0, 2**32 - 1)


class vector_long_long(_Vector):
    _take = _integer(-2**63, 2**63 - 1)


class vector_unsigned_long_long(_Vector):
    _take = _integer(0, 2**64 - 1)


class vector_double(_Vector):
    _take = float


class vector_float(_Vector):
    _take = float


class vector_string(_Vector):
    @staticmethod
    def _take(value):
        if not isinstance(value, str):
            raise TypeError(f"a str is wanted, not {type(value).__name__}")
        return value

    def __init__(self, size=0, value=""):
        super().__init__(size, value)


class _Objects(_Vector):
    def __init__(self, values=()):
        super().__init__(values)


class vector_point(_Objects):
    pass


class vector_annotation(_Objects):
    pass


class vector_annotation_group(_Objects):
    pass


class _Map(dict):
    def has_key(self, key):
        return key in self

    def size(self):
        return len(self)

    def empty(self):
        return not self


class map_string_int(_Map):
    pass


class map_int_string(_Map):
    pass
