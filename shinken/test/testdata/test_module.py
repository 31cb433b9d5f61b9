# -*- coding: utf-8 -*-
"""What the module does in trouble: test_module.py MODULES

Written with the assertions that Python 2.6 has.
"""
from __future__ import print_function

import collections
import errno
import os
import resource
import shutil
import signal
import stat
import sys
import tempfile
import time
import unittest

import stub

logger = stub.install()
MODULES = sys.argv.pop(1)
sys.path.append(MODULES)
package = __import__('nagios2canopsis')
module = sys.modules['nagios2canopsis.module']
spool_module = sys.modules[module.Spool.__module__]

text = type(u'')


def fields(line):
    pairs = [pair.split(b'::', 1) for pair in line.split(b'\t')]
    return dict([(pair[0].decode('latin-1'), pair[1]) for pair in pairs])


class ModuleTest(unittest.TestCase):

    def setUp(self):
        self.base = tempfile.mkdtemp()
        self.spool = os.path.join(self.base, 'spool')
        os.mkdir(self.spool)
        os.chmod(self.spool, 448)
        self.clock = stub.Clock()
        module.time = spool_module.time = self.clock
        logger.lines[:] = []
        self.broker = stub.Broker()
        self.number = 0
        self.module = self.new()

    def tearDown(self):
        module.time = spool_module.time = time
        self.module.spool.close()
        shutil.rmtree(self.base)

    def new(self, **settings):
        settings.setdefault('spool', self.spool)
        instance = package.get_instance(stub.Conf(**settings))
        self.assertTrue(instance.init() is True)
        return instance

    # Broks

    def brok(self, kind, data=None, number=None, instance=0):
        if number is None:
            self.number += 1
            number = self.number
        return stub.Brok(kind, dict(data or {}, instance_id=instance), number, instance)

    def give(self, *broks, **kwargs):
        for b in broks:
            kwargs.get('to', self.module).manage_brok(b)
        self.tick(kwargs.get('to'))

    def tick(self, to=None):
        self.clock.now += 1
        (to or self.module).hook_tick(self.broker)

    def result(self, number=None, host=u'web', service=u'disk', **changes):
        data = dict(host_name=host, state='OK', state_id=0, state_type='HARD', state_type_id=1, attempt=1, check_type=0,
                    last_chk=1700000000, execution_time=0.25, latency=0.5, return_code=0, output=u'fine',
                    perf_data=u'a=1', long_output=u'', problem_has_been_acknowledged=False,
                    in_scheduled_downtime=False)
        if service is not None:
            data['service_description'] = service
        data.update(changes)
        return self.brok(service is None and 'host_check_result' or 'service_check_result', data, number)

    def status(self, kind='initial', number=None, host=u'web', service=u'disk', **changes):
        data = dict(self.result(0, host, service)._data, max_check_attempts=3, check_command=stub.Thing(call='check!1'),
                    display_name=u'', notes=u'', notes_url=u'', action_url=u'', customs={u'_TIER': u'1'}, comments=[],
                    downtimes=[], is_flapping=False, scheduled_downtime_depth=0, percent_state_change=10.5,
                    low_flap_threshold=-1, high_flap_threshold=50, flap_detection_enabled=True)
        if service is None:
            data.update(address=u'10.0.0.1', alias=u'The web', hostgroups=u'a,b')
        else:
            data.update(servicegroups=u'c')
        data.update(changes)
        return self.brok('%s_%s_status' % (kind, service is None and 'host' or 'service'), data, number)

    def reported(self, *kinds):
        """The records of these kinds, or all, as dictionaries of bytes."""
        records = [fields(line) for name in sorted(os.listdir(self.spool))
                   for line in self.lines(os.path.join(self.spool, name))]
        return [r for r in records
                if (r['DATATYPE'].decode('latin-1') in kinds if kinds else r['DATATYPE'] != b'SEGMENT')]

    def lines(self, path):
        f = open(path, 'rb')
        content = f.read()
        f.close()
        self.assertTrue(content.startswith(b'DATATYPE::SEGMENT\tFORMAT::1\tMODULE::shinken '), content[:60])
        self.assertTrue(content.endswith(b'\n'))
        return content[:-1].split(b'\n')

    def outputs(self):
        return [r['SERVICEOUTPUT'].decode('utf-8') for r in self.reported('SERVICECHECK')]

    def quiet(self):
        self.assertEqual(logger.lines, [])


class Order(ModuleTest):

    def test_newest_first(self):
        """2.4.4 and 3.0."""
        self.give(*[self.result(n, output=u'%d' % n) for n in (5, 4, 3, 2, 1)])
        self.give(*[self.result(n, output=u'%d' % n) for n in (7, 6)])
        self.assertEqual(self.outputs(), list('1234567'))
        self.quiet()

    def test_cut_turn(self):
        """What a turn doesn't manage comes after newer broks."""
        self.broker.broks = collections.deque([1, 2])
        self.give(*[self.result(n, output=u'%d' % n) for n in (5, 4, 3)])
        self.assertEqual(self.outputs(), [])
        self.broker.broks = collections.deque()
        self.give(*[self.result(n, output=u'%d' % n) for n in (7, 6, 1, 2)])
        self.assertEqual(self.outputs(), list('1234567'))

    def test_cut_turn_of_old_versions(self):
        """They leave a list, and what is in it is newer."""
        self.broker.broks = [1, 2]
        self.give(*[self.result(n, output=u'%d' % n) for n in (1, 2, 3)])
        self.assertEqual(self.outputs(), list('123'))

    def test_too_long_a_turn(self):
        """The newest stays the last one; what comes too late is counted."""
        before, module.MAX_HELD = module.MAX_HELD, 3
        try:
            self.broker.broks = collections.deque([1])
            self.give(*[self.result(n, output=u'%d' % n) for n in (5, 4, 3)])
            self.assertEqual(self.outputs(), list('345'))
            self.broker.broks = collections.deque()
            self.give(self.result(2, output=u'2'), self.result(1, host=u'db', output=u'1'))
        finally:
            module.MAX_HELD = before
        self.assertEqual(self.outputs(), list('3451'))
        self.tick()
        self.assertEqual([r['COUNT'] for r in self.reported('LOST')], [b'1'])
        self.give(self.result(6, output=u'6'))
        self.assertEqual(self.outputs(), list('34516'))

    def test_restart_within_a_turn(self):
        self.give(self.result(5000, output=u'a'))
        self.give(self.brok('initial_broks_done', number=4), self.status(number=3), self.result(2, output=u'c'),
                  self.brok('clean_all_my_instance_id', number=1), self.result(0, output=u'b2'),
                  self.result(5001, output=u'b'))
        self.assertEqual(self.outputs(), ['a', 'b', 'b2', 'c'])
        self.give(self.result(5, output=u'd'))
        self.assertEqual(self.outputs(), ['a', 'b', 'b2', 'c', 'd'])

    def test_restart_after_a_short_life(self):
        """The new process has come further than the old one did."""
        self.give(self.result(3, output=u'a'))
        self.give(self.result(6, output=u'c'), self.brok('initial_broks_done', number=5), self.status(number=4),
                  self.brok('clean_all_my_instance_id', number=1), self.result(0, output=u'b'))
        self.assertEqual(self.outputs(), ['a', 'b', 'c'])

    def test_two_schedulers(self):
        """Each has its own numbers."""
        self.give(self.result(9, output=u'a'))
        other = self.result(2, host=u'db', output=u'b')
        other._data['instance_id'] = 1
        self.give(other)
        self.assertEqual(self.outputs(), ['a', 'b'])

    def test_instance_on_the_brok(self):
        """3.0 has it there only."""
        b = self.result()
        del b._data['instance_id']
        b.instance_id = 7
        self.give(b)
        self.assertEqual(list(self.module.schedulers), [7])

    def test_no_numbers(self):
        """Alignak."""
        broks = [self.result(n, output=u'%d' % n) for n in (1, 2, 3)]
        for b in broks:
            del b.id
        self.give(*broks)
        self.assertEqual(self.outputs(), list('123'))
        self.quiet()

    def test_repeat(self):
        self.give(self.result(), self.result(), self.result(latency=0.75), self.result())
        self.assertEqual(len(self.outputs()), 3)


class Objects(ModuleTest):

    def test_before_the_initial_broks(self):
        self.give(self.result())
        self.assertEqual(self.reported()[0], {
            'DATATYPE': b'SERVICECHECK', 'HOSTNAME': b'web', 'SERVICEDESC': b'disk', 'TIMET': b'1700000000.250000',
            'SERVICESTATEID': b'0', 'SERVICESTATETYPE': b'HARD', 'SERVICEATTEMPT': b'1', 'SERVICECHECKTYPE': b'ACTIVE',
            'LASTSERVICECHECK': b'1700000000', 'CHECKENDTIME': b'1700000000.250000',
            'SERVICEEXECUTIONTIME': b'0.250000', 'SERVICELATENCY': b'0.500000', 'RETURNCODE': b'0',
            'ACKNOWLEDGED': b'0', 'DOWNTIMEDEPTH': b'0', 'SERVICEOUTPUT': b'fine', 'SERVICEPERFDATA': b'a=1',
            'LONGSERVICEOUTPUT': b''})
        self.assertEqual(self.broker.added, [])
        self.clock.now += module.ASK_AFTER
        self.tick()
        self.assertEqual([m._data for m in self.broker.added], [{'full_instance_id': 0}])
        self.assertEqual(self.broker.added[0]._type, 'NeedData')
        for _ in range(20):
            self.give(self.result(latency=self.clock.now))
            self.clock.now += 20
        self.assertEqual(len(self.broker.added), 1)
        self.clock.now += module.ASK_AGAIN
        self.tick()
        self.assertEqual(len(self.broker.added), 2)

    def test_not_asked_when_they_come(self):
        self.give(self.result(), self.brok('clean_all_my_instance_id'), self.status(service=None), self.status(),
                  self.brok('initial_broks_done'))
        self.clock.now += module.ASK_AFTER
        self.give(self.result())
        self.assertEqual(self.broker.added, [])

    def test_enriched(self):
        self.give(self.status(service=None, customs={u'_OS': u'a\\b'}), self.status(), self.result(latency=1))
        r = self.reported('SERVICECHECK')[0]
        self.assertEqual([r[key] for key in (
            'MAXSERVICEATTEMPTS', 'SERVICECHECKCOMMAND', 'SERVICEGROUPNAMES', '_SERVICETIER', 'HOSTADDRESS',
            'HOSTALIAS', 'HOSTGROUPNAMES', '_HOSTOS', 'FLAPPING')],
            [b'3', b'check!1', b'c', b'1', b'10.0.0.1', b'The web', b'a,b', b'a\\\\b', b'0'])
        self.assertTrue('MAXHOSTATTEMPTS' not in r)
        self.give(self.status('update', service=None, address=u'10.0.0.2'), self.result(latency=2))
        self.assertEqual(self.reported('SERVICECHECK')[1]['HOSTADDRESS'], b'10.0.0.2')

    def test_no_command(self):
        self.give(self.status(check_command=None, last_chk=0), self.result())
        self.assertTrue('SERVICECHECKCOMMAND' not in self.reported()[0])
        self.quiet()

    def test_pruned(self):
        self.give(self.status(), self.status(host=u'old'))
        self.assertEqual(len(self.module.items), 4)
        self.give(self.brok('clean_all_my_instance_id'), self.status(service=None), self.status(),
                  self.brok('initial_broks_done'))
        self.assertEqual(sorted(self.module.items, key=str), [(u'web', u'disk'), (u'web', None)])

    def test_depth_below_zero(self):
        self.give(self.status(scheduled_downtime_depth=-1), self.result())
        self.assertEqual([r['DOWNTIMEDEPTH'] for r in self.reported()], [b'0', b'0'])


class Events(ModuleTest):

    def comment(self, number, kind=1, entry=1700000000, words=u'c', **changes):
        return stub.Thing(**dict(dict(id=number, author=u'me', comment=words, entry_time=entry, entry_type=kind,
                                      persistent=True, expires=False, expire_time=0), **changes))

    def downtime(self, number, entry=1700000000, **changes):
        return stub.Thing(**dict(dict(id=number, author=u'me', comment=u'd', entry_time=entry, start_time=1700000000,
                                      end_time=1700000100, real_end_time=1700000100, duration=100, fixed=True,
                                      is_in_effect=False, trigger_id=0), **changes))

    def kinds(self):
        return [r['DATATYPE'].decode('latin-1') for r in self.reported()]

    def begin(self, **changes):
        self.give(self.status(last_chk=0, **changes))

    def test_reported_once(self):
        self.begin()
        for _ in range(3):
            self.give(self.status('update', problem_has_been_acknowledged=True, is_flapping=True, state_id=2,
                                  comments=[self.comment(1), self.comment(2, 4), self.comment(2, 4)],
                                  downtimes=[self.downtime(1), self.downtime(1)]))
        self.assertEqual(self.kinds(), ['ACKNOWLEDGEMENT', 'COMMENTADDED', 'DOWNTIMESCHEDULED', 'FLAPPINGSTARTED'])

    def test_ids_begin_again(self):
        """1.4 after a restart of the scheduler without retention."""
        self.begin(comments=[self.comment(1)], downtimes=[self.downtime(1)])
        self.give(self.brok('clean_all_my_instance_id'), self.status(last_chk=0), self.brok('initial_broks_done'))
        self.give(self.status('update', comments=[self.comment(1, entry=1700000009)],
                              downtimes=[self.downtime(1, entry=1700000009)]))
        self.assertEqual(self.kinds(), ['COMMENTADDED', 'DOWNTIMESCHEDULED', 'COMMENTDELETED', 'DOWNTIMEDELETED',
                                        'COMMENTADDED', 'DOWNTIMESCHEDULED'])
        self.assertEqual([r.get('LOADED') for r in self.reported()], [b'1', b'1', None, None, None, None])

    def test_loaded(self):
        self.begin(problem_has_been_acknowledged=True, state_id=2, comments=[self.comment(1, 4), self.comment(2)],
                   downtimes=[self.downtime(1, is_in_effect=True)], is_flapping=True)
        self.assertEqual(self.kinds(), ['ACKNOWLEDGEMENT', 'COMMENTADDED', 'DOWNTIMESCHEDULED', 'DOWNTIMESTARTED'])
        self.assertEqual([r['LOADED'] for r in self.reported()], [b'1'] * 4)

    def test_acknowledged_again(self):
        self.begin()
        acknowledged = dict(problem_has_been_acknowledged=True, state_id=2)
        self.give(self.status('update', comments=[self.comment(1, 4, words=u'one')], **acknowledged))
        self.give(self.status('update', comments=[self.comment(1, 4), self.comment(2, 4, words=u'two')],
                              **acknowledged))
        self.give(self.status('update', comments=[self.comment(2, 4, words=u'two')], state_id=2))
        # 3.0: the flag is older than the list beside it, which has lost the comment already.
        self.give(self.status('update', comments=[self.comment(2, 4, words=u'two')], **acknowledged))
        self.assertEqual([(r['DATATYPE'], r.get('COMMENT')) for r in self.reported()], [
            (b'ACKNOWLEDGEMENT', b'one'), (b'ACKNOWLEDGEMENT', b'two'), (b'ACKNOWLEDGEMENTREMOVED', None),
            (b'ACKNOWLEDGEMENT', None)])

    def test_reasons(self):
        for reason, removed, order in (
                (b'RECOVERY', dict(state_id=0), ''),
                (b'CHANGE', dict(state_id=2), ''),
                (b'COMMAND', dict(state_id=1), ''),
                (b'EXPIRED', dict(state_id=1), '_EXPIRE')):
            host = reason.decode('latin-1')
            self.give(self.status(host=host, last_chk=0), self.result(host=host, state_id=1))
            if order:
                self.give(self.brok('log', {
                    'log': '[1] EXTERNAL COMMAND: [1] ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;%s;disk;2;1;1;%d;me;c\n'
                           % (host, self.clock.now + 3)}))
            self.give(self.status('update', host=host, problem_has_been_acknowledged=True, state_id=1,
                                  comments=[self.comment(1, 4)]))
            self.clock.now += 5
            self.give(self.status('update', host=host, **removed))
            self.assertEqual([r['REASON'] for r in self.reported('ACKNOWLEDGEMENTREMOVED')][-1], reason)
        self.assertEqual([r.get('STICKY') for r in self.reported('ACKNOWLEDGEMENT')], [None, None, None, b'1'])

    def test_downtimes(self):
        self.begin()
        for downtime in (
                self.downtime(1), self.downtime(1, is_in_effect=True), None,  # cancelled
                self.downtime(2, end_time=1700000002, real_end_time=1700000002, is_in_effect=True), None,  # ended
                self.downtime(3), None,  # deleted
                self.downtime(4, fixed=False, duration=7, real_end_time=1700000020.5, is_in_effect=True,
                              trigger_id=9)):
            self.give(self.status('update', downtimes=[d for d in [downtime] if d]))
        self.assertEqual([k[8:] for k in self.kinds()], [
            'SCHEDULED', 'STARTED', 'CANCELLED', 'DELETED', 'SCHEDULED', 'STARTED', 'ENDED', 'DELETED', 'SCHEDULED',
            'DELETED', 'SCHEDULED', 'STARTED'])
        last = self.reported()[-1]
        self.assertEqual([last[key] for key in ('TIMET', 'FIXED', 'DURATION', 'TRIGGEREDBY')],
                         [b'1700000013.500000', b'0', b'7', b'9'])

    def test_flapping(self):
        self.begin()
        self.give(self.status('update', is_flapping=True), self.status('update', flap_detection_enabled=False))
        self.assertEqual([(r['DATATYPE'], r['HIGHTHRESHOLD'], r.get('LOWTHRESHOLD'), r.get('DISABLED'))
                          for r in self.reported()],
                         [(b'FLAPPINGSTARTED', b'50', None, None), (b'FLAPPINGSTOPPED', b'50', None, b'1')])

    def test_process(self):
        started = dict(pid=12, program_start=1700000000)
        self.give(self.brok('program_status', started), self.brok('program_status', started))
        self.give(self.brok('program_status', started))
        self.give(self.brok('program_status', dict(started, program_start=1700000009)))
        self.assertEqual([(r['TIMET'], r['PID'], r['PROGRAM']) for r in self.reported()], [
            (b'1700000000', b'12', b'Shinken 2.4.4'), (b'1700000009', b'12', b'Shinken 2.4.4')])

    def test_alive(self):
        self.give(self.result())
        for _ in range(65):
            self.tick()
        self.assertEqual(self.kinds(), ['SERVICECHECK', 'ALIVE', 'ALIVE'])

    def test_chosen(self):
        self.module = self.new(events='comments, process')
        self.give(self.status(problem_has_been_acknowledged=True, comments=[self.comment(1)]), self.result(),
                  self.brok('program_status', dict(pid=1, program_start=2)))
        self.assertEqual(self.kinds(), ['COMMENTADDED', 'PROCESSSTARTED'])


class Values(ModuleTest):

    def test_hostile(self):
        for name in ('state_id', 'state_type_id', 'attempt', 'check_type', 'last_chk', 'execution_time', 'latency',
                     'return_code', 'output', 'perf_data', 'long_output', 'problem_has_been_acknowledged'):
            for value in (None, [], {}, float('nan'), float('inf'), -5, -1.5, 10 ** 40, u'\u2603', b'\xff', object()):
                self.give(self.result(**{name: value}))
            b = self.result()
            del b._data[name]
            self.give(b)
            if name == 'state_id':
                self.stateless()
        self.quiet()
        self.assertTrue(len(self.reported('SERVICECHECK')) > 60)

    def stateless(self):
        """A result without a state is no record, and is logged once."""
        self.assertEqual(len(logger.lines), 1)
        self.assertTrue('a result without a state' in logger.lines.pop(), logger.lines)

    def test_none(self):
        nothing = dict([(key, None) for key in self.status()._data])
        nothing.update(host_name=u'web', service_description=u'disk')
        for kind in ('initial_service_status', 'update_service_status', 'service_check_result'):
            self.give(self.brok(kind, nothing))
        self.stateless()
        self.give(self.brok('service_check_result', dict(nothing, state_id=2)))
        self.assertEqual(self.reported('SERVICECHECK'),
                         [{'DATATYPE': b'SERVICECHECK', 'HOSTNAME': b'web', 'SERVICEDESC': b'disk',
                           'SERVICESTATEID': b'2', 'TIMET': b'1700000004.000000'}])

    def test_slow_way_writes_the_same(self):
        self.give(self.status(), self.result(latency=1))
        item = self.module.items[(u'web', u'disk')]
        data = self.result(latency=1)._data
        whole = item._body(data, None, 5)
        join = sys.modules[type(item).__module__].join
        slow = item._numbers(data, None, 5) + join(item._texts(data), 10000)[0]
        self.assertEqual(slow.replace('LATENCY::1', 'LATENCY::1.000000'), whole)

    def test_escaped(self):
        self.give(self.result(output=u'a\tb\\c\r', long_output=u'1\n2\0', host=u'w\nb', service=u'd\tk'))
        line = self.reported()[0]
        self.assertEqual([line[k] for k in ('SERVICEOUTPUT', 'LONGSERVICEOUTPUT', 'HOSTNAME', 'SERVICEDESC')],
                         [b'a\\tb\\\\c\\r', b'1\\n2\\0', b'w\\nb', b'd\\tk'])

    def test_charsets(self):
        self.give(self.result(output=u'caf\xe9'), self.result(output=b'caf\xe9'),
                  self.result(output=b'caf\xc3\xa9', attempt=2))
        self.assertEqual([r['SERVICEOUTPUT'] for r in self.reported()], [b'caf\xc3\xa9', b'caf\xe9', b'caf\xc3\xa9'])

    def test_surrogates(self):
        self.give(self.result(output=u'a\ud800b'))
        if sys.version_info[0] >= 3:
            self.assertEqual(self.reported()[0]['SERVICEOUTPUT'], b'a\xef\xbf\xbdb')
        self.quiet()

    def test_long(self):
        self.give(self.status(service=None, notes=u'n' * 1000000), self.status(last_chk=0))
        for huge in (u'\xe9\\' * 500000, u'x\n' * 500000, u'\U0001f525' * 300000):
            self.give(self.result(output=huge))
            self.give(self.result(long_output=huge, perf_data=huge))
        for line in self.reported('SERVICECHECK'):
            size = sum([len(key) + len(line[key]) + 3 for key in line])
            self.assertTrue(60000 < size <= 131072, size)
            for key in line:
                line[key].decode('utf-8')
                self.assertTrue((len(line[key]) - len(line[key].rstrip(b'\\'))) % 2 == 0)
        self.assertEqual(self.reported('SERVICECHECK')[1]['TRUNCATED'], b'HOSTNOTES,SERVICEPERFDATA,LONGSERVICEOUTPUT')

    def test_mixed_names(self):
        """Python 2 has some as bytes and some as text: it is one object."""
        self.give(self.status(host=u'\xe9t\xe9'.encode('utf-8') if sys.version_info[0] < 3 else u'\xe9t\xe9'),
                  self.result(host=u'\xe9t\xe9', latency=1))
        self.assertEqual(self.reported('SERVICECHECK')[0]['MAXSERVICEATTEMPTS'], b'3')

    def test_settings(self):
        self.module = self.new(spool='relative', segment_size='many', segment_age='0', events='checks,everything')
        self.assertEqual(len(logger.lines), 4)
        self.assertEqual(self.module.spool.directory, '/var/spool/nagios2canopsis/shinken')
        self.assertEqual((self.module.spool.max_size, self.module.spool.max_age), (16 << 20, 60))
        logger.lines[:] = []
        self.module = self.new(segment_size='2k', segment_age='5', events='checks')
        self.assertEqual((self.module.spool.max_size, self.module.spool.max_age), (2048, 5))
        self.quiet()


class Spool(ModuleTest):

    def names(self):
        return sorted(os.listdir(self.spool))

    def test_by_size(self):
        self.module = self.new(segment_size='1000')
        for n in range(30):
            self.give(self.result(latency=n))
        self.assertEqual(len(self.reported('SERVICECHECK')), 30)
        self.assertEqual([name.split('-')[3] for name in self.names()], ['%d.log' % n for n in range(1, 11)])

    def test_by_age(self):
        self.give(self.result())
        self.clock.now += 58
        self.give(self.result(latency=2))
        self.give(self.result(latency=3))
        self.assertEqual(len(self.names()), 2)
        self.clock.now -= 1000
        self.give(self.result(latency=4))
        self.assertEqual(len(self.names()), 3)
        self.assertEqual([r['SERVICELATENCY'] for r in self.reported('SERVICECHECK')],
                         [b'0.500000', b'2.000000', b'3.000000', b'4.000000'])

    def test_later_than_all(self):
        """Whatever the clock says."""
        open(os.path.join(self.spool, 'shinken-9900000000000000-1-1.log'), 'w').close()
        self.give(self.result())
        self.assertTrue(self.names()[-1].startswith('shinken-9900000000000001-'), self.names())
        os.unlink(os.path.join(self.spool, 'shinken-9900000000000000-1-1.log'))

    def test_mode(self):
        before = os.umask(63)
        try:
            self.give(self.result())
        finally:
            os.umask(before)
        status = os.stat(os.path.join(self.spool, self.names()[0]))
        self.assertEqual(stat.S_IMODE(status.st_mode), 416)

    def test_missing_directory(self):
        os.rmdir(self.spool)
        self.give(self.result(latency=1))
        self.give(self.result(latency=2))
        self.assertEqual(len(logger.lines), 1)
        os.mkdir(self.spool)
        self.give(self.result(latency=3))
        self.assertEqual([r['SERVICELATENCY'][:1] for r in self.reported()], [b'1', b'2', b'3'])
        self.assertEqual(len(logger.lines), 2)

    def test_removed_directory(self):
        self.give(self.result(latency=1))
        shutil.rmtree(self.spool)
        os.mkdir(self.spool)
        self.give(self.result(latency=2))
        self.assertEqual(len(self.reported()), 1)

    def test_everybody_may_write(self):
        os.chmod(self.spool, 511)
        self.give(self.result())
        self.assertEqual(os.listdir(self.spool), [])
        self.assertTrue('everybody' in logger.lines[0], logger.lines)

    def test_symlink(self):
        os.rename(self.spool, self.spool + '2')
        os.symlink(self.spool + '2', self.spool)
        self.give(self.result())
        self.assertEqual(os.listdir(self.spool + '2'), [])
        self.assertEqual(len(logger.lines), 1)
        os.unlink(self.spool)
        os.rename(self.spool + '2', self.spool)

    def test_replaced_by_a_symlink_meanwhile(self):
        aside, elsewhere = self.spool + '2', os.path.join(self.base, 'elsewhere')
        os.mkdir(elsewhere)
        newest = spool_module.Spool._newest

        def swap(directory):
            os.rename(self.spool, aside)
            os.symlink(elsewhere, self.spool)
            return newest(directory)
        spool_module.Spool._newest = staticmethod(swap)
        try:
            self.give(self.result())
        finally:
            spool_module.Spool._newest = staticmethod(newest)
        self.assertEqual(os.listdir(elsewhere), [])
        self.assertEqual(len(os.listdir(aside)), 1)
        os.unlink(self.spool)
        os.rename(aside, self.spool)

    def test_fifo(self):
        os.rmdir(self.spool)
        os.mkfifo(self.spool)
        self.give(self.result(latency=1))
        self.assertEqual(len(logger.lines), 1)
        os.unlink(self.spool)
        os.mkdir(self.spool)
        self.give(self.result(latency=2))
        self.assertEqual(len(self.reported()), 2)
        self.assertEqual([name for name in os.listdir('/proc/self/fd') if self.target(name) == self.spool], [])

    @staticmethod
    def target(descriptor):
        try:
            return os.readlink('/proc/self/fd/' + descriptor)
        except OSError:
            return None  # it was that of the listing

    def limited(self, size, do):
        """Runs do while no file may be longer: writes are cut or fail with EFBIG."""
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
        try:
            do()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, before)

    def test_disk_full(self):
        """Nothing is lost, nothing glued together, at whatever byte the disk is full."""
        for size in range(1, 1500, 97):
            self.module = self.new()
            before = len(self.reported('SERVICECHECK'))

            def work():
                for n in range(8):
                    self.give(self.result(latency=n, attempt=size))
                if size > 100:
                    self.reported()  # whole lines only
            self.limited(size, work)
            self.tick()
            got = self.reported('SERVICECHECK')[before:]
            self.assertEqual([r['SERVICELATENCY'][:1] for r in got],
                             [b'%d' % n if bytes is str else str(n).encode('ascii') for n in range(8)])
        self.assertEqual(self.reported('LOST'), [])
        self.assertTrue(0 < len(logger.lines) < 40, len(logger.lines))

    def test_overflow(self):
        before, spool_module.MAX_WAITING = spool_module.MAX_WAITING, 2000
        try:
            def work():
                for n in range(150):
                    self.give(self.result(latency=n))
            self.limited(1, work)
        finally:
            spool_module.MAX_WAITING = before
        self.assertEqual(len([line for line in logger.lines if 'cannot write' in line]), 3)  # one a minute
        self.give(self.result(latency=150))
        records = self.reported()
        self.assertEqual(records[0]['DATATYPE'], b'LOST')
        lost = int(records[0]['COUNT'])
        self.assertEqual([int(float(r['SERVICELATENCY'])) for r in records[1:]], list(range(lost, 151)))
        self.assertEqual(len(self.reported('LOST')), 1)
        self.clock.now += 60
        self.give(self.result())
        segment = self.reported('SEGMENT')[-1]
        self.assertEqual(int(segment['LOST']), lost)

    def test_second_instance(self):
        """The broker forgets the first one without a word."""
        self.give(self.result(latency=1))
        second = self.new()
        self.give(self.result(latency=2), to=second)
        self.give(self.result(latency=3))  # the first one must not write any more
        self.give(self.result(latency=4), to=second)
        self.assertEqual([r['SERVICELATENCY'][:1] for r in self.reported()], [b'1', b'2', b'4'])
        self.assertEqual([name[-6:] for name in self.names()], ['-1.log', '-1.log'])
        second.spool.close()

    def test_second_instance_takes_over(self):
        os.rmdir(self.spool)
        self.give(self.result(latency=1))
        os.mkdir(self.spool)
        self.module = self.new()
        self.give(self.result(latency=2))
        self.assertEqual([r['SERVICELATENCY'][:1] for r in self.reported()], [b'1', b'2'])

    def test_fork(self):
        """A broker that reloads gracefully goes on in a child."""
        self.give(self.result(latency=1))
        child = os.fork()
        if child == 0:
            self.give(self.result(latency=2))
            os._exit(0)
        os.waitpid(child, 0)
        self.assertEqual(len(self.reported()), 2)
        self.assertEqual(sorted(set([int(name.split('-')[2]) for name in self.names()])), sorted([os.getpid(), child]))

    def test_kill(self):
        """kill -9 leaves whole records, in order, and at most one that is cut."""
        child = os.fork()
        if child == 0:
            n = 0
            while True:
                n += 1
                self.give(*[self.result(latency=n, attempt=k, output=u'o' * 5000) for k in range(20)])
        time.sleep(0.5)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        content = b''
        for name in self.names():
            f = open(os.path.join(self.spool, name), 'rb')
            content += f.read()
            f.close()
        got = [fields(line) for line in content.split(b'\n')[:-1]]
        got = [(float(r['SERVICELATENCY']), int(r['SERVICEATTEMPT'])) for r in got if r['DATATYPE'] == b'SERVICECHECK']
        self.assertTrue(len(got) > 20)
        self.assertEqual(got, sorted(got))

    def test_descriptor_is_not_inherited(self):
        import fcntl
        self.give(self.result())
        self.assertTrue(fcntl.fcntl(self.module.spool.fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC)


class Boundary(ModuleTest):

    def test_nothing_is_raised(self):
        class Bad(object):
            type = 'service_check_result'

            def prepare(self):
                raise RuntimeError('cannot be unpickled')

        for b in (None, Bad(), object(), stub.Brok('service_check_result', None, 1), stub.Brok('log', {}, 1),
                  stub.Brok('program_status', {}, 1, 0), stub.Brok('initial_host_status', {'instance_id': 0}, 2)):
            self.module.manage_brok(b)
        self.module.hook_tick(None)
        self.module.hook_save_retention(None)
        self.module.quit()
        self.assertTrue(logger.lines)

    def test_the_rest_of_the_turn_is_written(self):
        self.give(self.result(1, output=u'a'), self.brok('service_check_result', {'host_name': None}, 2),
                  self.brok('initial_service_status', {}, 3), self.result(4, output=u'b'))
        self.assertEqual(self.outputs(), ['a', 'b'])

    def test_logged_once(self):
        for n in range(100):
            self.give(self.brok('update_host_status', {}))
        self.assertEqual(len(logger.lines), 1)
        self.assertEqual(list(self.module.troubles.values()), [100])

    def test_log_that_fails(self):
        def fail(line):
            raise RuntimeError
        module.logger.warning = fail
        try:
            os.rmdir(self.spool)
            self.give(self.result(1), self.brok('update_host_status', {}))
            os.mkdir(self.spool)
            self.give(self.result(2, latency=1))
        finally:
            del module.logger.warning
        self.assertEqual(len(self.reported()), 2)

    def test_properties(self):
        self.assertEqual(package.properties, {'daemons': ['broker'], 'type': 'nagios2canopsis', 'external': False,
                                              'phases': ['running']})

    def test_alone(self):
        """Shinken 2.0 loads module.py alone."""
        path = os.path.join(MODULES, 'nagios2canopsis', 'module.py')
        before = list(sys.path)
        f = open(path)
        source = f.read()
        f.close()
        names = {'__name__': 'nagios2canopsis_alone', '__file__': path}
        exec(compile(source, path, 'exec'), names)
        self.assertEqual(sys.path, before)
        instance = names['get_instance'](stub.Conf(spool=self.spool))
        instance.manage_brok(self.result())
        instance.hook_tick(self.broker)
        self.assertEqual(len(self.reported()), 1)
        instance.spool.close()


if __name__ == '__main__':
    sys.argv[1:] = []
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=1)
    loader = unittest.defaultTestLoader
    sys.exit(not runner.run(loader.loadTestsFromModule(sys.modules['__main__'])).wasSuccessful())
