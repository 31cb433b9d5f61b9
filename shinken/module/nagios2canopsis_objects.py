"""Hosts and services: what is known of them, and the records that follow from a brok.

A check result has neither address nor groups nor command. So the pairs of what
is configured are made once, when a status brok has them, and kept. Shinken has
no brok for an acknowledgement, a comment, the start or end of a downtime or of
flapping: they are the difference between two status broks.
"""
from nagios2canopsis_text import (LATEST_MOMENT, LONGEST_CHECK, LONGEST_SECONDS, MAX_LINE, MAX_OBJECT, MOST_ATTEMPTS,
                                  MOST_VARIABLES, date, encode, escape, flag, is_within, join, moment, native, number,
                                  seconds, some, text, whole)

TYPES = {0: 'SOFT', 1: 'HARD'}
ORIGINS = {0: 'ACTIVE', 1: 'PASSIVE'}

# A result in one format (@ is HOST or SERVICE). A value that doesn't fit raises an
# exception, and then the record is made pair by pair.
RESULT = ('\tTIMET::%s\t@STATEID::%d\t@STATETYPE::%s\t@ATTEMPT::%d\t@CHECKTYPE::%s\tLAST@CHECK::%d'
          '\tCHECKENDTIME::%s\t@EXECUTIONTIME::%.6f\t@LATENCY::%.6f%s\t@OUTPUT::%s\t@PERFDATA::%s\tLONG@OUTPUT::%s')
UNFIT = (KeyError, TypeError, ValueError, OverflowError)

TRUNCATED = '\tTRUNCATED::'

_conditions = {}


def conditions(code, acknowledged, flapping, depth):
    """The pairs with few combinations of values, from a cache."""
    key = (code, acknowledged, flapping, depth)
    try:
        return _conditions[key]
    except KeyError:
        if len(_conditions) > 1000:
            _conditions.clear()
        _conditions[key] = join((
            ('RETURNCODE', whole(code)),
            ('ACKNOWLEDGED', flag(acknowledged)),
            ('FLAPPING', flag(flapping)),
            ('DOWNTIMEDEPTH', whole(depth)),
        ), MAX_OBJECT)[0]
        return _conditions[key]


def word(value):
    """A text that must not be None."""
    if type(value) is not str:
        if value is None:
            raise TypeError
        value = native(value)
    return escape(value)


def names(value):
    """A list of groups, which Shinken sends as one string."""
    if isinstance(value, (list, tuple, set, frozenset)):
        value = ','.join([native(name) for name in value])
    return some(value)


def custom_pairs(prefix, customs):
    """Each custom variable, once, whose name can be part of a key."""
    pairs = {}
    for name in sorted(customs, key=native)[:MOST_VARIABLES]:
        plain = native(name).lstrip('_')
        if plain and escape(plain) == plain and ',' not in plain and '::' not in plain + ':':
            pairs.setdefault(prefix + plain, text(customs[name]))
    return sorted(pairs.items())


class Item(object):
    """A host or a service."""

    __slots__ = ('x', 'host', 'instance', 'known', 'stale', 'head', 'check_head', 'result', 'own', 'part',
                 'shortened', 'configured', 'state', 'acknowledged', 'flapping', 'depth', 'ack', 'comments',
                 'downtimes', 'mark', 'newest', 'newest_status')

    def __init__(self, host_name, description, host):
        self.x = 'HOST' if description is None else 'SERVICE'
        self.host = host or self
        self.instance = None  # the scheduler that has it
        self.known = False  # whether a status brok came
        self.stale = False  # whether it may not exist any more: its scheduler is sending all objects again
        self.head = '\tHOSTNAME::' + escape(host_name)
        if description is not None:
            self.head += '\tSERVICEDESC::' + escape(description)
        self.check_head = 'DATATYPE::%sCHECK%s' % (self.x, self.head)
        self.result = RESULT.replace('@', self.x)
        self.own = ''  # configured, for its own records
        self.part = ''  # configured, also for the records of the host's services
        self.shortened = []  # their keys whose values were cut
        self.configured = None  # a hash: whether they have to be made again
        self.state = self.acknowledged = self.flapping = self.depth = None
        self.ack = None  # the comment of the last acknowledgement
        self.comments = {}
        self.downtimes = {}
        self.mark = None  # of the last result
        self.newest = self.newest_status = -1  # ids of the last broks

    # Results

    def check(self, data, now):
        """The record of a check result; None if it repeats the last one. No reader takes one without a state."""
        if whole(data.get('state_id')) is None:
            raise ValueError('a result without a state')
        body = self._body(data, None, now)
        self.state = data.get('state_id')
        mark = hash(body)
        if mark == self.mark:
            return None
        self.mark = mark
        return self._finish(self.check_head, body, data, None, now)

    def present(self, data, now):
        """The record of the present state; None if there is none yet."""
        if not data.get('last_chk'):  # there may be a state all the same: that of a service whose host is down
            return None
        if whole(data.get('state_id')) is None:
            return None
        return self._finish('DATATYPE::%sSTATE%s' % (self.x, self.head), self._body(data, now, now), data, now, now)

    def _body(self, data, reported, now):
        """The pairs of a result. Its moment is the end of the check, if none is reported."""
        try:
            began, took, latency = data['last_chk'], data['execution_time'], data['latency']
            ended = began + took
            if not (1 <= began and ended <= LATEST_MOMENT and 0 <= took <= LONGEST_CHECK
                    and -LONGEST_SECONDS <= latency <= LONGEST_SECONDS and 0 <= data['attempt'] <= MOST_ATTEMPTS
                    and 0 <= data['state_id'] <= 255):
                raise ValueError  # infinity and NaN too
            end = '%.6f' % ended
            return self.result % (
                end if reported is None else '%.6f' % reported, data['state_id'], TYPES[data['state_type_id']],
                data['attempt'], ORIGINS[data['check_type']], began, end, took, latency,
                conditions(*self._conditions(data)),
                word(data['output']), word(data['perf_data']), word(data['long_output']))
        except UNFIT:
            return self._numbers(data, reported, now) + join(self._texts(data), 1 << 30)[0]

    def _conditions(self, data):
        code = data.get('return_code')
        if code == 0 and data.get('state_id'):
            code = None  # Shinken 1.4 always sends 0
        # The flags of the result are newer than those remembered, but 1.4 and
        # 2.0 don't send them.
        acknowledged = data.get('problem_has_been_acknowledged')
        if acknowledged is None:
            acknowledged = self.acknowledged
        down = data.get('in_scheduled_downtime')
        if down is None:
            return code, acknowledged, self.flapping, self.depth
        return code, acknowledged, self.flapping, (self.depth or 1) if down else 0

    def _numbers(self, data, reported, now):
        """The pairs of a result without its texts, one by one."""
        x, began = self.x, moment(data.get('last_chk'))
        took = seconds(data.get('execution_time'), 0, LONGEST_CHECK)
        ended = None if began is None else moment(float(began) + float(took or 0))
        code, acknowledged, flapping, depth = self._conditions(data)
        return join((
            ('TIMET', (ended or number(now)) if reported is None else '%.6f' % reported),
            (x + 'STATEID', whole(data.get('state_id'))),
            (x + 'STATETYPE', TYPES.get(number_or_none(data.get('state_type_id')))),
            (x + 'ATTEMPT', whole(data.get('attempt'), 0, MOST_ATTEMPTS)),
            (x + 'CHECKTYPE', ORIGINS.get(number_or_none(data.get('check_type')))),
            ('LAST%sCHECK' % x, began),
            ('CHECKENDTIME', ended),
            (x + 'EXECUTIONTIME', took),
            (x + 'LATENCY', seconds(data.get('latency'), -LONGEST_SECONDS, LONGEST_SECONDS)),
            ('RETURNCODE', whole(code)),
            ('ACKNOWLEDGED', flag(acknowledged)),
            ('FLAPPING', flag(flapping)),
            ('DOWNTIMEDEPTH', whole(depth)),
        ), MAX_OBJECT)[0]

    def _texts(self, data):
        return ((self.x + 'OUTPUT', text(data.get('output'))),
                (self.x + 'PERFDATA', text(data.get('perf_data'))),
                ('LONG%sOUTPUT' % self.x, text(data.get('long_output'))))

    def _finish(self, head, body, data, reported, now):
        """The line, cut to the allowed length."""
        host = self.host
        end = self.own + host.part
        shortened = self.shortened
        if host is not self and host.shortened:
            shortened = shortened + host.shortened
        if shortened:
            end += TRUNCATED + ','.join(shortened)
        line = encode(head + body + end + '\n')
        if len(line) <= MAX_LINE:
            return line
        begin, texts = head + self._numbers(data, reported, now), self._texts(data)
        room = MAX_LINE - len(encode(begin + end)) - 100  # for TRUNCATED and the names of three keys
        first, cut_first = join(texts[:2], room, 2)
        last, cut_last = join(texts[2:], room - len(encode(first)))
        end += (',' if shortened else TRUNCATED) + ','.join(cut_first + cut_last)
        return encode(begin + first + last + end + '\n')

    # Status

    def configure(self, data):
        """Stores what is configured; most status broks change nothing of it."""
        x = self.x
        command = data.get('check_command')
        command = getattr(command, 'call', command)
        customs = data.get('customs') or {}
        try:
            configured = hash((
                command, data.get('max_check_attempts'), data.get('address'), data.get('alias'),
                data.get('display_name'), data.get('notes'), data.get('notes_url'), data.get('action_url'),
                data.get('hostgroups'), data.get('servicegroups'), tuple(customs.items())))
            if configured == self.configured:
                return
            self.configured = configured
        except TypeError:
            pass  # one of them is a list: then they are made again each time
        own = [('MAX%sATTEMPTS' % x, whole(data.get('max_check_attempts'), 0, MOST_ATTEMPTS)),
               (x + 'CHECKCOMMAND', some(command))]
        part = [
            ('HOSTADDRESS', some(data.get('address'))),
            ('HOSTALIAS', some(data.get('alias'))),
        ] if self.host is self else []
        part += [
            (x + 'DISPLAYNAME', some(data.get('display_name'))),
            (x + 'NOTES', some(data.get('notes'))),
            (x + 'NOTESURL', some(data.get('notes_url'))),
            (x + 'ACTIONURL', some(data.get('action_url'))),
            (x + 'GROUPNAMES', names(data.get(x.lower() + 'groups'))),
        ] + custom_pairs('_' + x, customs)
        self.own, cut_own = join(own, MAX_OBJECT, 2)
        self.part, cut_part = join(part, MAX_OBJECT, 2)
        self.shortened = cut_own + cut_part
        if self.host is not self:
            self.own, self.part = self.own + self.part, ''

    def follow(self, data, initial, now, commands):
        """What happened, as (kind, record) pairs: the difference between a status and the last one."""
        self.configure(data)
        # A first status may show what happened long ago, and an initial one does.
        loaded = '1' if initial or not self.known else None
        first, self.known = not self.known, True
        depth = data.get('scheduled_downtime_depth')
        self.depth = max(0, depth) if isinstance(depth, int) else None  # -1 after a future downtime was deleted
        flapped, self.flapping = self.flapping, flag_or_none(data.get('is_flapping'))
        acknowledged, self.acknowledged = self.acknowledged, flag_or_none(data.get('problem_has_been_acknowledged'))

        happened = []
        comments = remembered(data.get('comments'))
        if self.acknowledged or acknowledged:
            happened += self._acknowledgement(acknowledged, comments, data, initial, loaded, now, commands)
        if comments or self.comments:
            happened += self._comments(comments, loaded, now)
        downtimes = remembered(data.get('downtimes'))
        if downtimes or self.downtimes:
            happened += self._downtimes(downtimes, loaded, now)
        if not first and self.flapping is not flapped and self.flapping is not None:
            happened.append(('flapping', self._flapping(data, now)))
        if initial:  # what was retained comes before the state (docs/HANDOVER.md)
            present = self.present(data, now)
            if present is not None:
                happened.append(('states', present))
        if first or initial:
            self.state = data.get('state_id')  # later it comes from results: see _reason
        return happened

    def _record(self, datatype, happened, now, pairs):
        values, cut = join((('TIMET', moment(happened, now)),) + pairs, MAX_LINE // 2, 2)
        if cut:
            values += TRUNCATED + ','.join(cut)
        return encode('DATATYPE::%s%s%s\n' % (datatype, self.head, values))

    def _acknowledgement(self, before, comments, data, initial, loaded, now, commands):
        state = (self.x + 'STATEID', whole(data.get('state_id')))
        if not self.acknowledged:
            return [('acknowledgements', self._record('ACKNOWLEDGEMENTREMOVED', now, now, (
                state, ('REASON', self._reason(data, initial, now, commands)))))]
        newest = max([key for key in comments if comments[key].entry_type == 4] or [None])
        if newest == self.ack:
            if before:
                return []
            newest = None  # that comment belongs to an earlier acknowledgement
        elif newest is None and before:
            return []
        comment = comments.get(newest)
        given, author, words, persistent = now, None, None, None
        if comment is not None:
            self.ack = newest
            given, author, words = comment.entry_time, text(comment.author), text(comment.comment)
            persistent = flag(comment.persistent)
        order = commands.get(self.head)
        if order is None or order.comment != words:
            order = NO_ORDER
        return [('acknowledgements', self._record('ACKNOWLEDGEMENT', given, now, (
            state, ('AUTHOR', author), ('COMMENT', words), ('STICKY', order.sticky), ('PERSISTENT', persistent),
            ('NOTIFY', order.notify), ('EXPIRES', order.expires), ('LOADED', loaded))))]

    def _reason(self, data, initial, now, commands):
        """Why an acknowledgement has ended. Shinken removes it itself when the object recovers, when
        its state changes (then the status comes before the result, so it has a new state) and when
        it expires. Else it was a command. After a restart the reason is unknown."""
        order = commands.pop(self.head, None)
        if not data.get('state_id'):
            return 'RECOVERY'
        if initial:
            return None
        if data.get('state_id') != self.state and self.state is not None:
            return 'CHANGE'
        if order is not None and order.expires and now >= float(order.expires):
            return 'EXPIRED'
        return 'COMMAND'

    def _comments(self, comments, loaded, now):
        """Only those of users: the others follow from acknowledgements, downtimes and flapping."""
        happened = []
        for key in sorted(self.comments):
            if key not in comments:
                happened.append(('comments', self._record('COMMENTDELETED', now, now, self.comments.pop(key))))
        for key in sorted(comments):
            comment = comments[key]
            if comment.entry_type == 1 and key not in self.comments:
                pairs = (('ID', whole(comment.id)), ('AUTHOR', text(comment.author)),
                         ('COMMENT', text(comment.comment)), ('ENTRY', date(comment.entry_time)),
                         ('ENTRYTYPE', '1'), ('PERSISTENT', flag(comment.persistent)),
                         ('EXPIRES', date(comment.expire_time) if comment.expires else None))
                self.comments[key] = pairs
                happened.append(('comments', self._record('COMMENTADDED', comment.entry_time, now,
                                                          pairs + (('LOADED', loaded),))))
        return happened

    def _downtimes(self, downtimes, loaded, now):
        happened = []

        def add(what, moment, pairs):
            happened.append(('downtimes', self._record('DOWNTIME' + what, moment, now, pairs)))

        for key in sorted(self.downtimes):
            if key not in downtimes:
                pairs, started, end = self.downtimes.pop(key)
                if started:
                    over = end is not None and now >= end
                    add('ENDED' if over else 'CANCELLED', end if over else now, pairs)
                add('DELETED', now, pairs)
        for key in sorted(downtimes):
            downtime = downtimes[key]
            remembered_one = self.downtimes.get(key)
            pairs, started = downtime_pairs(downtime), False
            if remembered_one is None:
                add('SCHEDULED', downtime.entry_time, pairs + (('LOADED', loaded),))
            else:
                started = remembered_one[1]
            if downtime.is_in_effect and not started:
                add('STARTED', began(downtime, now), pairs + (('LOADED', loaded),))
            self.downtimes[key] = (pairs, started or downtime.is_in_effect, downtime.real_end_time)
        return happened

    def _flapping(self, data, now):
        return self._record('FLAPPINGSTARTED' if self.flapping else 'FLAPPINGSTOPPED', now, now, (
            ('PERCENTCHANGE', number(data.get('percent_state_change'))),
            ('LOWTHRESHOLD', threshold(data.get('low_flap_threshold'))),
            ('HIGHTHRESHOLD', threshold(data.get('high_flap_threshold'))),
            ('DISABLED', None if self.flapping or data.get('flap_detection_enabled', True) else '1')))


def downtime_pairs(downtime):
    return (('ID', whole(downtime.id)), ('AUTHOR', text(downtime.author)), ('COMMENT', text(downtime.comment)),
            ('ENTRY', date(downtime.entry_time)), ('START', date(downtime.start_time)),
            ('END', date(downtime.end_time)), ('FIXED', flag(downtime.fixed)),
            ('DURATION', whole(downtime.duration)),
            ('TRIGGEREDBY', whole(downtime.trigger_id) if downtime.trigger_id else None))


def began(downtime, now):
    """When a downtime in effect began. The real end of a flexible one was computed from that moment."""
    try:
        if downtime.fixed:
            return max(downtime.start_time, downtime.entry_time)
        return downtime.real_end_time - downtime.duration
    except TypeError:
        return now


def remembered(things):
    """Comments or downtimes by time and id: in 1.4 the ids begin again with 1 when
    the scheduler is restarted."""
    return dict([((thing.entry_time, thing.id), thing) for thing in things or () if hasattr(thing, 'entry_time')])


def threshold(value):
    """A threshold of flapping; -1 means the global one, which no brok has."""
    return number(value) if isinstance(value, (int, float)) and value > 0 else None


def flag_or_none(value):
    return None if value is None else bool(value)


def number_or_none(value):
    return value if isinstance(value, int) else None


class Order(object):
    """The command of an acknowledgement: what its status brok doesn't have."""

    __slots__ = ('sticky', 'notify', 'expires', 'comment')

    def __init__(self, sticky, notify, expires, comment):
        self.sticky = sticky
        self.notify = notify
        self.expires = expires
        self.comment = comment


NO_ORDER = Order(None, None, None, None)
