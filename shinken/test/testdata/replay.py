"""Plays a recording (*.ndjson.gz) through the module: replay.py MODULES RECORDING SPOOL VERSION

MODULES holds the directory nagios2canopsis, as it is installed. A pause of a
tenth of a second is taken for the end of a turn; it was cut if a brok of the
same scheduler with a lower number comes later.
"""
import collections
import gzip
import json
import sys

import stub

RESTART = 1000  # a number that is so much lower than the highest is that of a new scheduler process
PAUSE = 0.1

NUMBERED = ('host_check_result', 'service_check_result', 'initial_host_status', 'initial_service_status',
            'update_host_status', 'update_service_status', 'clean_all_my_instance_id', 'initial_broks_done',
            'program_status')


def read(path):
    lines = []
    recording = gzip.open(path)
    for line in recording:
        lines.append(json.loads(line.decode('utf-8')))
    recording.close()
    return lines


def lowest_to_come(lines):
    """For each line, the lowest brok number that the same scheduler process sends after it."""
    result, lowest = [], None
    for line in reversed(lines):
        result.append(lowest)
        if line.get('note') == 'get_instance':
            lowest = None
        elif 'note' not in line and line['type'] in NUMBERED:
            if lowest is None or is_restart(line['id'], lowest):
                lowest = line['id']
            lowest = min(lowest, line['id'])
    result.reverse()
    return result


def is_restart(before, after):
    return after + RESTART < before


def mixed(data, salt):
    """In Python 2 names and texts are bytes as often as text."""
    if sys.version_info[0] >= 3:
        return data
    for number, key in enumerate(sorted(data)):
        if isinstance(data[key], unicode) and (salt + number) % 2:
            data[key] = data[key].encode('utf-8')
    return data


def main(modules, path, spool, version):
    logger = stub.install(version)
    sys.path.append(modules)
    package = __import__('nagios2canopsis')
    clock = stub.Clock()
    sys.modules['nagios2canopsis.module'].time = clock
    sys.modules['nagios2canopsis_spool'].time = clock

    lines = read(path)
    to_come = lowest_to_come(lines)
    broker, module, last, highest = stub.Broker(), None, 0, -1
    for line, lowest in zip(lines, to_come):
        clock.now = line['t']
        if module is not None and line['t'] - last > PAUSE:
            module.hook_tick(broker)
        last = line['t']
        if 'note' in line:
            if line['note'] == 'get_instance':
                if module is not None:  # a turn is ended before a new configuration is looked for
                    broker.broks = []
                    module.hook_tick(broker)
                module = package.get_instance(stub.Conf(spool=spool))
                assert module.init() is True
                highest = -1
            elif line['note'] == 'quit':
                module.quit()
            continue
        data = mixed(stub.revive(line['data']), line['id'])
        module.manage_brok(stub.Brok(line['type'], data, line['id'], line['instance_id']))
        if line['type'] in NUMBERED:
            highest = line['id'] if is_restart(highest, line['id']) else max(highest, line['id'])
        cut = lowest is not None and lowest < highest and not is_restart(highest, lowest)
        broker.broks = collections.deque([None] if cut else [])
    module.hook_tick(broker)
    for line in logger.lines:
        sys.stderr.write('%s\n' % line)


if __name__ == '__main__':
    main(*sys.argv[1:])
