"""The order of the broks of one turn.

Shinken 2.4.4 and 3.0 hand over the broks of a turn newest first, and what a
turn of one second couldn't manage comes back in a later one. Each scheduler
numbers its broks, so the numbers tell the order: with the one exception that a
restarted scheduler begins again with 0.
"""
from operator import attrgetter

_number = attrgetter('id')


def is_cut(broker):
    """Whether the broker pushed broks of this turn back. Versions that have a
    list instead of a deque sort it themselves, and what they leave is newer."""
    left = getattr(broker, 'broks', None)
    return type(left).__name__ == 'deque' and len(left) > 0


def ordered(broks, newest):
    """The broks of one scheduler as it made them; newest is the highest number
    before this turn. Says too whether the scheduler was restarted meanwhile."""
    try:
        broks.sort(key=_number)
    except (AttributeError, TypeError):  # Alignak: no numbers, but the right order
        return broks, False
    begins = [b.id for b in broks if b.type == 'clean_all_my_instance_id']
    if not begins or begins[0] > newest:
        return broks, False
    # What has a higher number than all that came before may be the old
    # process' last words. It is not, if the new one has come so far already
    # in telling its objects.
    last = [b for b in broks if b.id > newest]
    if len(begins) == 1 and [b for b in last if b.type.startswith('initial_')]:
        return broks, True
    return last + [b for b in broks if b.id <= newest], True
