"""Values as the hand-over format writes them (docs/HANDOVER.md).

Lines are made of `native` strings, the type that brok data mostly have: text in
Python 3, UTF-8 bytes in Python 2, where broks have both. Only a finished line is
encoded.
"""
import sys

MAX_LINE = 128 * 1024  # bytes of a record; a longer one is cut, and has TRUNCATED
MAX_OBJECT = 32 * 1024  # bytes of the configuration of one object

# The bounds of values that the reader keeps too (docs/HANDOVER.md, "Bounds").
LATEST_MOMENT = 7258118400  # Unix seconds: the year 2200
LATEST_DATE = 253402300799  # Unix seconds: the end of the year 9999
LONGEST_SECONDS = 1000000000  # of a latency
LONGEST_CHECK = 604800  # seconds
MOST_ATTEMPTS = 1073741824
MOST_VARIABLES = 1000  # of one object

_SPECIAL = (('\\', '\\\\'), ('\t', '\\t'), ('\n', '\\n'), ('\r', '\\r'), ('\0', '\\0'))

if sys.version_info[0] >= 3:
    import re
    # A surrogate that doesn't stand for a byte is no character, and can't be encoded.
    _lone = re.compile('[\\ud800-\\udc7f\\udd00-\\udfff]')

    def native(value):
        """Any value as text; bytes are preserved."""
        if isinstance(value, str):
            return value
        if isinstance(value, bytes):
            return value.decode('utf-8', 'surrogateescape')
        return '' if value is None else str(value)

    def encode(line):
        """The bytes of a line."""
        try:
            return line.encode('utf-8')
        except UnicodeEncodeError:
            return _lone.sub('\ufffd', line).encode('utf-8', 'surrogateescape')
else:
    def native(value):
        """Any value as bytes; text becomes UTF-8."""
        if isinstance(value, str):
            return value
        if isinstance(value, unicode):
            return value.encode('utf-8')
        return '' if value is None else str(value)

    def encode(line):
        """The bytes of a line, which it is already."""
        return line


def escape(text):
    """A native string with the bytes escaped that separate pairs and records. Five
    tests with `in` take a sixth of the time of a regular expression."""
    if '\\' in text or '\t' in text or '\n' in text or '\r' in text or '\0' in text:
        for byte, sign in _SPECIAL:
            text = text.replace(byte, sign)
    return text


def text(value):
    """A value as text, None if there is none."""
    return None if value is None else escape(native(value))


def some(value):
    """A value as text, None if it is missing or empty, as most settings of an object are."""
    return text(value) or None


def number(value):
    """A number in decimal, None if it isn't one."""
    try:
        if isinstance(value, float):
            return '%.6f' % value if value - value == 0 else None  # neither infinite nor NaN
        return '%d' % int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def whole(value, lowest=-2 ** 63, highest=2 ** 63 - 1):
    """A whole number, None if it isn't one or is out of bounds."""
    try:
        value = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return '%d' % value if lowest <= value <= highest else None


def is_within(value, lowest, highest):
    """Whether a value is a number within bounds, which neither infinity nor NaN is."""
    try:
        return lowest <= value <= highest and value - value == 0
    except TypeError:
        return False


def seconds(value, lowest, highest):
    """A number of seconds, None if it makes no sense."""
    return number(value) if is_within(value, lowest, highest) else None


def moment(value, now=None):
    """When something happened; else what happened now, which is None if that isn't asked for."""
    if is_within(value, 1, LATEST_MOMENT):
        return number(value)
    return None if now is None else number(now)


def date(value):
    """A time that somebody entered, None for never."""
    return number(value) if is_within(value, 1, LATEST_DATE) else None


def flag(value):
    """1 or 0, None if it isn't known."""
    return None if value is None else '1' if value else '0'


def cut(value, room):
    """The beginning of an escaped value, at most room bytes, without half a character or escape at its end."""
    data = encode(value)
    if len(data) <= room:
        return value
    data = data[:max(0, room)]
    end = len(data)
    while end and end > len(data) - 4 and ord(data[end - 1:end]) & 0xC0 == 0x80:
        end -= 1
    if end and ord(data[end - 1:end]) >= 0xC0:
        data = data[:end - 1]
    if (len(data) - len(data.rstrip(b'\\'))) % 2:
        data = data[:-1]
    return native(data)


def join(pairs, room, share=1):
    """The text of pairs of a key and an escaped value, and the keys whose values were cut: none may
    take more than its share of the room that is left."""
    parts, shortened = [], []
    for key, value in pairs:
        if value is None:
            continue
        room -= len(key) + 3
        size = len(encode(value))
        if size > room // share:
            shortened.append(key)
            value = cut(value, room // share)
            size = len(encode(value))
        parts.append('\t%s::%s' % (key, value))
        room -= size
    return ''.join(parts), shortened
