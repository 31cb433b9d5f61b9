"""Plays random broks through the module, a turn for each line of its input: hostile.py MODULES SPOOL

A line is the seed of the turn. Most values are usual ones; the others are whatever a
Python program may hold there. For each turn it prints the segments' size so far.
"""
import os
import random
import sys

import stub

NUMBERS = [0, 1, -1, 2, 3, 4, 10, 255, 2 ** 31, 2 ** 63 - 1, 2 ** 63, -2 ** 63 - 1, 0.0, 0.25, 0.4, 1.5, -0.5, 604801.0,
           1e9, 1e9 + 1, 1795800305.571, 7258118400, 7258118401, 253402300799, 253402300800, 1e18, 1e300,
           float('inf'), float('-inf'), float('nan'), None, '', '7', '0,25', '-nan', u'text', True, False, [], {}]
TEXTS = [u'', u'fine', u'a\tb\nc\\n\r\0', u'\xe9\u20ac', u'x' * 200000, u'\\' * 70000,
         u'KEY::value\tKEY::value', None, 7, [], b'\xff\xfe bytes', u'::', u',']
NAMES = [u'', u'_A', u'A', u'__A', u'B::C', u'B:', u'C,D', u'E\tF', u'G\\H', u'\xe9', u'I\n', u'DATATYPE', u'NAME']


def main(modules, spool):
    logger = stub.install()
    sys.path.append(modules)
    package = __import__('nagios2canopsis')
    clock = stub.Clock()
    sys.modules['nagios2canopsis.module'].time = clock
    sys.modules['nagios2canopsis_spool'].time = clock
    broker = stub.Broker()
    module = package.get_instance(stub.Conf(spool=spool))
    for count, line in enumerate(iter(sys.stdin.readline, '')):  # Python 2 reads ahead in "for line in sys.stdin"
        turn(random.Random(line), module, clock, count)
        clock.now += 1
        module.hook_tick(broker)
        print(sum([os.path.getsize(os.path.join(spool, name)) for name in os.listdir(spool)]))
        sys.stdout.flush()
    unexpected = [text for text in logger.lines if 'ValueError' not in text and 'TypeError' not in text]
    if unexpected:
        sys.stderr.write('\n'.join(unexpected))


def turn(choice, module, clock, count):
    def number(usual):
        return usual if choice.random() < 0.8 else choice.choice(NUMBERS)

    def text(usual):
        return usual if choice.random() < 0.8 else choice.choice(TEXTS)

    for each in range(4):
        data = dict(
            instance_id=0, host_name=choice.choice([u'web', u'h\tost\\', u'\xe9', b'\xff']),
            state_id=number(1), state_type_id=number(1), attempt=number(2), check_type=number(0),
            last_chk=number(clock.now - 1), execution_time=number(0.25),
            latency=number(0.5), return_code=number(1), output=text(u'out'), perf_data=text(u'a=1'),
            long_output=text(u''),
            problem_has_been_acknowledged=number(False), in_scheduled_downtime=number(False))
        if choice.random() < 0.5:
            data['service_description'] = choice.choice([u'disk', u's::\n', u'', u' '])
        kind = 'check_result'
        if choice.random() < 0.5:
            kind = 'status'
            comment = stub.Thing(id=number(1), entry_type=choice.choice([1, 4]), entry_time=number(clock.now),
                                 author=text(u'bob'), comment=text(u'c'), persistent=number(True),
                                 expires=number(False),
                                 expire_time=number(clock.now + 9))
            downtime = stub.Thing(id=number(2), author=text(u'bob'), comment=text(u'd'), entry_time=number(clock.now),
                                  start_time=number(clock.now), end_time=number(clock.now + 9), fixed=number(True),
                                  duration=number(60), trigger_id=number(0), is_in_effect=number(True),
                                  real_end_time=number(clock.now + 9))
            data.update(
                max_check_attempts=number(3), check_command=text(u'check!1'), address=text(u'10.0.0.1'),
                alias=text(u'a'),
                display_name=text(u''), notes=text(u''), notes_url=text(u''), action_url=text(u''),
                customs=dict([(choice.choice(NAMES), text(u'1')) for each in range(choice.choice([0, 1, 5]))]),
                comments=choice.choice([[], [comment]]), downtimes=choice.choice([[], [downtime]]),
                is_flapping=number(False), scheduled_downtime_depth=number(0), percent_state_change=number(10.5),
                low_flap_threshold=number(-1), high_flap_threshold=number(50), flap_detection_enabled=number(True))
            if choice.random() < 0.02:
                data['customs'] = dict([(u'_%d' % n, u'') for n in range(3000)])
        prefix = {'check_result': '', 'status': choice.choice(['initial_', 'update_'])}[kind]
        name = prefix + ('service_' if 'service_description' in data else 'host_') + kind
        module.manage_brok(stub.Brok(name, data, count * 10 + each, 0))
    if choice.random() < 0.1:
        module.manage_brok(stub.Brok('program_status', dict(
            instance_id=0, pid=number(7), program_start=number(clock.now)), count * 10 + 5, 0))


if __name__ == '__main__':
    main(*sys.argv[1:])
