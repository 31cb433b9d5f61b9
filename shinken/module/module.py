"""The broker module: what Shinken calls.

It is an internal module. The broker's only loop calls it for each brok. It only
collects the broks, and writes once a turn, when `hook_tick` marks the end of the
turn. An exception in the broker would cost the rest of the turn, so none leaves
this file.
"""
from __future__ import absolute_import

import os
import re
import sys
import time
import traceback

# Shinken 2.0 loads this file alone, so the other files are not a package. The
# directory doesn't stay on the path, because Shinken would look there for the
# `module.py` of another module too.
_here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, _here)
try:
    from nagios2canopsis_objects import Item, Order
    from nagios2canopsis_settings import Settings
    from nagios2canopsis_spool import Spool
    from nagios2canopsis_text import date, encode, escape, moment, native, whole
    from nagios2canopsis_turn import is_cut, ordered
finally:
    sys.path.remove(_here)

try:
    from shinken.basemodule import BaseModule
    from shinken.log import logger
except ImportError:
    from alignak.basemodule import BaseModule
    from alignak.log import logger

properties = {
    'daemons': ['broker'],
    'type': 'nagios2canopsis',
    'external': False,
    'phases': ['running'],
}

MAX_HELD = 50000  # broks of cut turns; at this number they are written, and older broks that come later are dropped
ASK_AFTER = 30  # seconds with results of unknown objects before they are requested: mostly they come by themselves
ASK_AGAIN = 600  # seconds, then longer and longer: each time all modules receive everything again
ASK_RARELY = 86400

STATUS = {'initial_host_status': True, 'initial_service_status': True,
          'update_host_status': False, 'update_service_status': False}
RESULTS = frozenset(('host_check_result', 'service_check_result'))
WANTED = RESULTS.union(STATUS, ('clean_all_my_instance_id', 'initial_broks_done', 'program_status'))

# A command that acknowledges a problem: name, host[;service], then its settings.
_acknowledge = re.compile('EXTERNAL COMMAND: \\[\\d+\\] ACKNOWLEDGE_(HOST|SVC)_PROBLEM(_EXPIRE)?;(.*)',
                          re.DOTALL).search


def get_instance(mod_conf):
    """Called by the broker, and again in the same process for a new configuration."""
    return Nagios2Canopsis(mod_conf)


def program():
    """The supervisor's name and version."""
    try:
        from shinken.bin import VERSION
        return 'Shinken %s' % VERSION
    except Exception:
        pass
    try:
        from alignak.version import VERSION
        return 'Alignak %s' % VERSION
    except Exception:
        return 'Shinken'


class Scheduler(object):
    """What is known of a scheduler."""

    def __init__(self):
        self.newest = -1  # the highest brok number
        self.started = None  # its process: pid and time
        self.unknown_since = None  # when a result of an object came that it hasn't sent
        self.asked = 0
        self.pause = ASK_AGAIN


class Nagios2Canopsis(BaseModule):

    def __init__(self, mod_conf):
        BaseModule.__init__(self, mod_conf)
        self.troubles = {}
        self.turn = {}  # broks by scheduler
        self.held = 0
        self.overrun = False  # whether part of a turn was written before all of it was there
        self.items = {}
        self.schedulers = {}
        self.commands = {}
        settings = Settings(mod_conf, logger)
        self.events = settings.events
        self.spool = Spool(settings.spool, settings.segment_size, settings.segment_age, program(), logger)

    # What the broker calls

    def init(self):
        """Called before the first brok, and again after an exception."""
        return True  # Alignak wants that

    def manage_brok(self, b):
        try:
            kind = b.type
            if kind in WANTED:
                b.prepare()
                instance = b.data.get('instance_id')
                if instance is None:  # 3.0 leaves it on the brok
                    instance = b.instance_id
                try:
                    self.turn[instance].append(b)
                except KeyError:
                    self.turn[instance] = [b]
                self.held += 1
                if self.held >= MAX_HELD:
                    self._overrun()
            elif kind == 'log':
                b.prepare()
                if 'ACKNOWLEDGE_' in b.data['log']:
                    self._remember_command(b.data['log'])
        except Exception:
            self._trouble('manage_brok')

    def hook_tick(self, broker):
        try:
            if not is_cut(broker):
                self._end_turn(broker)
        except Exception:
            self._trouble('hook_tick')

    def hook_save_retention(self, broker):
        """Called at a clean stop."""
        self.quit()

    def quit(self):
        """Called at a clean stop, by some versions."""
        try:
            self._end_turn(None)
        except Exception:
            self._trouble('quit')

    # The turn

    def _end_turn(self, broker):
        """Writes the broks of a complete turn."""
        self._write_turn()
        self.overrun = False
        if broker is not None:
            self._ask(broker, time.time())

    def _overrun(self):
        """Writes a part of a turn that is too long to be kept. Broks that come later
        are older than those written now."""
        self.overrun = True
        self._write_turn()

    def _write_turn(self):
        turn, self.turn, self.held = self.turn, {}, 0
        if not self.spool.is_owner():
            return self._once('replaced', 'another module instance writes to %s now' % self.spool.directory)
        now = time.time()
        self.spool.begin_turn(now)
        for instance in turn:
            self._manage_all(instance, turn[instance], now)
        self.spool.end_turn()

    def _manage_all(self, instance, broks, now):
        scheduler = self.schedulers.get(instance)
        if scheduler is None:
            scheduler = self.schedulers[instance] = Scheduler()
        broks, restarted = ordered(broks, scheduler.newest)
        if restarted:
            scheduler.newest = -1
            self._forget_numbers(instance)
        items, checks = self.items, 'checks' in self.events
        for b in broks:
            try:
                kind, data = b.type, b.data
                if kind in RESULTS:
                    item = items.get((data['host_name'], data.get('service_description')))
                    if item is None:
                        item = self._item(instance, data)
                    if self.overrun and self._is_late(item, 'newest', b):
                        self.spool.lose(1)
                        continue
                    if not item.known and scheduler.unknown_since is None:
                        scheduler.unknown_since = now
                    line = item.check(data, now)
                    if checks and line is not None:
                        self.spool.write(line)
                elif kind in STATUS:
                    item = self._item(instance, data)
                    if not (self.overrun and self._is_late(item, 'newest_status', b)):
                        self._status(item, instance, data, STATUS[kind], now)
                else:
                    getattr(self, '_' + kind)(scheduler, instance, data, now)
            except Exception:
                self._trouble(b.type)
        scheduler.newest = max(scheduler.newest, getattr(broks[-1], 'id', -1))

    def _is_late(self, item, which, b):
        """Whether a newer brok of the object was written before: the newest must stay the last."""
        if b.id < getattr(item, which):
            return True
        setattr(item, which, b.id)
        return False

    def _forget_numbers(self, instance):
        for item in self.items.values():
            if item.instance == instance:
                item.newest = item.newest_status = -1

    def _status(self, item, instance, data, initial, now):
        item.instance, item.stale = instance, False
        for kind, line in item.follow(data, initial, now, self.commands):
            if kind in self.events:
                self.spool.write(line)

    def _item(self, instance, data):
        """The object that a brok is about."""
        host, description = data['host_name'], data.get('service_description')
        if not host or description is not None and not description:
            raise ValueError('an object without a name')
        item = self.items.get((host, description))
        if item is None:
            host = native(host)
            key = (host, None if description is None else native(description))
            item = self.items.get(key)
            if item is None:
                parent = None if description is None else self._item(instance, {'host_name': host})
                item = self.items[key] = Item(host, key[1], parent)
                item.instance = instance
        return item

    def _clean_all_my_instance_id(self, scheduler, instance, data, now):
        """The scheduler is about to send all its objects."""
        for item in self.items.values():
            if item.instance == instance:
                item.stale = True

    def _initial_broks_done(self, scheduler, instance, data, now):
        """It has sent all: what it didn't send does not exist any more."""
        for key in [key for key in self.items if self.items[key].stale and self.items[key].instance == instance]:
            del self.items[key]
        scheduler.unknown_since = None

    def _program_status(self, scheduler, instance, data, now):
        started = (data.get('pid'), data.get('program_start'))
        if started == scheduler.started:
            return
        scheduler.started = started
        if 'process' in self.events:
            pid = whole(started[0])
            self.spool.write(encode('DATATYPE::PROCESSSTARTED\tTIMET::%s%s\tPROGRAM::%s\n' % (
                moment(started[1], now), '\tPID::' + pid if pid else '', escape(native(self.spool.program)))))

    # What is requested and remembered besides

    def _remember_command(self, line):
        """Stores the settings of an acknowledgement, which no status brok has.
        The line comes from the arbiter, a little before or after the status."""
        found = _acknowledge(native(line).rstrip('\n'))
        if not found:
            return
        kind, expire, rest = found.groups()
        fields = rest.split(';')
        names = 1 if kind == 'HOST' else 2
        settings = 5 if expire else 4  # sticky, notify, persistent, [end], author
        if len(fields) <= names + settings:
            return
        head = '\tHOSTNAME::' + escape(fields[0])
        if names == 2:
            head += '\tSERVICEDESC::' + escape(fields[1])
        sticky, notify = fields[names:names + 2]
        if len(self.commands) > 1000:
            self.commands.clear()
        self.commands[head] = Order(
            '1' if sticky == '2' else '0', '0' if notify == '0' else '1',
            date(int(whole(fields[names + 3]) or 0)) if expire else None, escape(';'.join(fields[names + settings:])))

    def _ask(self, broker, now):
        """Requests the objects of a scheduler that sends results of unknown ones.
        An internal module has no queue to the broker, but may call it now."""
        for instance in self.schedulers:
            scheduler = self.schedulers[instance]
            since = scheduler.unknown_since
            if since is None or now < since + ASK_AFTER or now < scheduler.asked + scheduler.pause:
                continue
            if scheduler.asked:
                scheduler.pause = min(scheduler.pause * 4, ASK_RARELY)
            scheduler.asked, scheduler.unknown_since = now, None
            from shinken.message import Message
            broker.add(Message(id=0, type='NeedData', data={'full_instance_id': instance}, source=self.get_name()))

    def _once(self, kind, words):
        """Logs the first trouble of a kind, and counts the others."""
        self.troubles[kind] = self.troubles.get(kind, 0) + 1
        if self.troubles[kind] == 1:
            logger.warning('nagios2canopsis: %s' % words)

    def _trouble(self, place):
        try:
            kind = '%s in %s' % (sys.exc_info()[0].__name__, place)
            self._once(kind, '%s; the next ones are counted only\n%s' % (kind, traceback.format_exc()))
        except Exception:
            pass  # even an error of the log must not cost the broker's turn
