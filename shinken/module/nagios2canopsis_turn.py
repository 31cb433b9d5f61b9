"""The order of the broks of one turn.

Shinken 2.4.4 and 3.0 pass the broks of a turn newest first, and broks for which
a turn of one second was too short come again in a later one. Each scheduler
numbers its broks, so the order is that of the numbers, with one exception: a
restarted scheduler begins again with 0.
"""
from operator import attrgetter

_number = attrgetter('id')


def is_cut(broker):
    """Whether the broker left broks of this turn for a later one. Versions with a list
    instead of a deque sort it themselves, and what they leave is newer."""
    left = getattr(broker, 'broks', None)
    return type(left).__name__ == 'deque' and len(left) > 0


def ordered(broks, newest):
    """The broks of one scheduler in the order in which it made them, and whether it was
    restarted meanwhile. newest is the highest number before this turn."""
    try:
        broks.sort(key=_number)
    except (AttributeError, TypeError):  # Alignak: no numbers, but the right order
        return broks, False
    begins = [b.id for b in broks if b.type == 'clean_all_my_instance_id']
    if not begins or begins[0] > newest:
        return broks, False
    # Broks with a higher number than all before may be the last ones of the old
    # process. They are not if they have initial statuses: then the new process has
    # already reached those numbers while it sends its objects.
    last = [b for b in broks if b.id > newest]
    if len(begins) == 1 and [b for b in last if b.type.startswith('initial_')]:
        return broks, True
    return last + [b for b in broks if b.id <= newest], True
