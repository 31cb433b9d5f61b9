"""The few names of Shinken that the module uses, and broks made from a recording."""
import sys
import types


class BaseModule(object):
    """As in Shinken 1.4 to 3.0."""

    def __init__(self, conf):
        self.myconf = conf
        self.name = conf.get_name()
        self.props = conf.properties.copy()
        self.properties = self.props
        self.is_external = self.props.get('external', False)
        self.phases = self.props.get('phases', [])
        self.phases.append(None)
        self.to_q = self.from_q = None

    def get_name(self):
        return self.name


class Message(object):
    my_type = 'message'

    def __init__(self, id, type, data=None, source=None):
        self._type, self._data, self._from, self.source = type, data, id, source


class Logger(object):
    def __init__(self):
        self.lines = []

    def _log(self, line):
        self.lines.append(line)

    debug = info = warning = error = _log


class Conf(object):
    """A `define module`."""

    def __init__(self, **settings):
        self.properties = {'daemons': ['broker'], 'type': 'nagios2canopsis', 'external': False, 'phases': ['running']}
        self.__dict__.update(settings)

    def get_name(self):
        return 'nagios2canopsis'


class Broker(object):
    """What hook_tick is given; broks is what a cut turn left."""

    def __init__(self):
        self.broks = []
        self.added = []

    def add(self, message):
        self.added.append(message)


class Brok(object):
    """A brok as it comes from the scheduler: nothing can be read before prepare()."""

    def __init__(self, type, data, id=None, instance_id=None):
        self.type = type
        self.data = 'a pickle'
        self._data = data
        self.prepared = False
        if id is not None:
            self.id = id
        if instance_id is not None:
            self.instance_id = instance_id

    def prepare(self):
        if not self.prepared:
            self.data = self._data
            self.prepared = True


class Thing(object):
    """A Comment, Downtime or CommandCall."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Clock(object):
    """Takes the place of the time module."""

    now = 1700000000.0

    def time(self):
        return self.now


def install(version='2.4.4'):
    """Makes `import shinken` work; returns the logger."""
    logger = Logger()
    for name, content in (('shinken', {}), ('shinken.basemodule', {'BaseModule': BaseModule}),
                          ('shinken.message', {'Message': Message}), ('shinken.log', {'logger': logger}),
                          ('shinken.bin', {'VERSION': version})):
        module = types.ModuleType(name)
        module.__dict__.update(content)
        sys.modules[name] = module
    return logger


def revive(value):
    """A value of a recording as it was: objects, tuples, sets and bytes have a form of their own there."""
    if isinstance(value, dict):
        if '__class__' in value:
            return Thing(**dict([(str(key), revive(value['__dict__'][key])) for key in value['__dict__']]))
        if '__tuple__' in value:
            return tuple([revive(each) for each in value['__tuple__']])
        if '__set__' in value:
            return set([revive(each) for each in value['__set__']])
        if '__bytes__' in value:
            return value['__bytes__'].encode('latin-1')
        return dict([(key, revive(value[key])) for key in value])
    if isinstance(value, list):
        return [revive(each) for each in value]
    return value
