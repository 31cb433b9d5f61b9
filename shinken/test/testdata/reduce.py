"""Makes an excerpt of a recording: reduce.py RECORDING EXCERPT

Keeps the broks that the module uses and the fields of them that it or the test
reads, and of the log lines those that the test compares with.
"""
import gzip
import json
import re
import sys

import replay

KEEP = re.compile('EXTERNAL COMMAND|DOWNTIME ALERT|FLAPPING ALERT')
FIELDS = frozenset('''
    instance_id pid program_start host_name service_description state state_id state_type state_type_id attempt
    max_check_attempts check_type last_chk execution_time latency return_code percent_state_change is_flapping
    flap_detection_enabled low_flap_threshold high_flap_threshold problem_has_been_acknowledged in_scheduled_downtime
    scheduled_downtime_depth output perf_data long_output check_command address alias display_name notes notes_url
    action_url hostgroups servicegroups customs comments downtimes log'''.split())
CLASS_FIELDS = frozenset('''
    call id author comment entry_time entry_type persistent expires expire_time start_time end_time real_end_time
    duration fixed is_in_effect trigger_id'''.split())


UNUSED = frozenset('output perf_data long_output execution_time latency'.split())  # in updates


def reduced(value):
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict) and '__class__' in value:
        inner = value['__dict__']
        return {'__class__': value['__class__'], '__dict__': dict((k, inner[k]) for k in inner if k in CLASS_FIELDS)}
    if isinstance(value, list):
        return [reduced(each) for each in value]
    return value


def main(recording, excerpt):
    out = gzip.GzipFile(excerpt, 'wb', 9, mtime=0)
    for line in replay.read(recording):
        if 'note' in line:
            kept = {'t': line['t'], 'note': line['note']}
        elif line['type'] in replay.NUMBERED or line['type'] == 'log' and KEEP.search(line['data']['log']):
            data = dict((key, reduced(line['data'][key])) for key in line['data']
                        if key in FIELDS
                        and not (line['type'].startswith('update_') and key in UNUSED))
            kept = {'t': round(line['t'], 4), 'type': line['type'], 'id': line['id'],
                    'instance_id': line['instance_id'], 'data': data}
        else:
            continue
        out.write(json.dumps(kept, sort_keys=True, separators=(',', ':')).encode('utf-8') + b'\n')
    out.close()


if __name__ == '__main__':
    main(*sys.argv[1:])
