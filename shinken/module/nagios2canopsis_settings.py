"""The module's settings, from its `define module`, in which every value is a string."""
from nagios2canopsis_text import native

EVENTS = ('checks', 'states', 'acknowledgements', 'downtimes', 'comments', 'flapping', 'process')
UNITS = {'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}


class Settings(object):
    """A value that can't be used is logged, and the default is used: a module that
    raised an exception here would be dropped until the next configuration."""

    def __init__(self, conf, log):
        self._conf = conf
        self._log = log
        self.spool = self._read('spool', path, '/var/spool/nagios2canopsis/shinken')
        self.segment_size = self._read('segment_size', size, '16M')
        self.segment_age = self._read('segment_age', seconds, '60')
        self.events = self._read('events', events, 'all')

    def _read(self, name, understand, default):
        value = native(getattr(self._conf, name, None)).strip() or default
        try:
            return understand(value)
        except ValueError:
            self._log.warning('nagios2canopsis: %s %r is not understood, %s is taken' % (name, value, default))
            return understand(default)


def path(value):
    if not value.startswith('/'):
        raise ValueError
    return value.rstrip('/') or '/'


def size(value):
    """Bytes, with K, M or G."""
    unit = UNITS.get(value[-1].upper())
    result = int(value[:-1]) * unit if unit else int(value)
    if result < 1:
        raise ValueError
    return result


def seconds(value):
    result = int(value)
    if result < 1:
        raise ValueError
    return result


def events(value):
    """Which groups of records are written."""
    chosen = frozenset([name.strip() for name in value.split(',') if name.strip()])
    if chosen == frozenset(['all']):
        return frozenset(EVENTS)
    if not chosen or chosen.difference(EVENTS):
        raise ValueError
    return chosen
