"""CPU per brok of the module, beside one that only dumps the same pairs as JSON and writes them.

bench.py MODULES RECORDING SPOOL: prints, for check results alone and for all
broks of the recording, the microseconds of both and their ratio: medians of
interleaved rounds. The reference gets the pairs ready made, so that it does
nothing but json.dumps and write.
"""
import json
import os
import resource
import sys

import replay
import stub

ROUNDS = 9
TURN = 300  # broks


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def median(values):
    return sorted(values)[len(values) // 2]


class Reference(object):
    """Dumps and writes the pairs of the brok."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 416)

    def manage_brok(self, b):
        os.write(self.fd, (json.dumps(b.pairs) + '\n').encode('utf-8'))

    def hook_tick(self, broker):
        pass


def pairs(line):
    """A line of the module as a dictionary."""
    return dict([pair.split('::', 1) for pair in line.decode('utf-8', 'replace').rstrip('\n').split('\t')])


def play(module, broks, broker):
    """The CPU time of the module for these broks."""
    began = cpu()
    for start in range(0, len(broks), TURN):
        for b in broks[start:start + TURN]:
            module.manage_brok(b)
        module.hook_tick(broker)
    return cpu() - began


def main(modules, path, spool):
    stub.install()
    sys.path.append(modules)
    package = __import__('nagios2canopsis')
    lines = [line for line in replay.read(path) if 'note' not in line]
    everything = [stub.Brok(line['type'], stub.revive(line['data']), n, line['instance_id'])
                  for n, line in enumerate(lines)]
    for b in everything:
        b.prepare()
    results = [b for b in everything if b.type.endswith('_check_result')]
    status = [b for b in everything if b.type.endswith('_status') and 'host_name' in b.data]
    module = package.get_instance(stub.Conf(spool=spool))
    broker = stub.Broker()
    play(module, status, broker)  # the objects are known

    written = []
    write = module.spool.write
    module.spool.write = written.append
    for b in results:  # the pairs that the module makes of each
        del written[:]
        module._item(b.data['instance_id'] if 'instance_id' in b.data else b.instance_id, b.data).mark = None
        play(module, [b], broker)
        b.pairs = pairs(written[0])
    module.spool.write = write

    reference = Reference(os.path.join(spool, 'reference'))
    ours, theirs, mixed = [], [], []
    for _ in range(ROUNDS):
        ours.append(play(module, results, broker))
        theirs.append(play(reference, results, broker))
        mixed.append(play(module, everything, broker))
        os.ftruncate(reference.fd, 0)
    ours, theirs, mixed = [1e6 * median(times) / count for times, count in (
        (ours, len(results)), (theirs, len(results)), (mixed, len(everything)))]
    print(json.dumps({'us/result': ours, 'us/reference': theirs, 'us/brok': mixed, 'ratio': ours / theirs}))


if __name__ == '__main__':
    main(*sys.argv[1:])
