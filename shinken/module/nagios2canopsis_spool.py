"""The spool: segment files that the connector reads (docs/HANDOVER.md, "Segments").

A record is one write(2) to a file opened for appending. Nothing here blocks,
locks or syncs. What can't be written waits in a limited memory.
"""
import collections
import errno
import fcntl
import os
import stat
import time

from nagios2canopsis_text import encode, escape, native

VERSION = '1.0'

MAX_WAITING = 8 * 1024 * 1024  # bytes kept while nothing can be written
QUIET = 30  # seconds after which ALIVE is written
REPEAT = 60  # seconds between two log lines about the same trouble

# The instance that writes to a directory, in this process. A broker with a new
# configuration makes a new instance of the module, and doesn't close the old one.
# For a reader a segment is finished when its process has begun another one, so the
# old instance must never write again.
_owners = {}


class Spool(object):
    def __init__(self, directory, size, age, program, log):
        self.directory = directory
        self.max_size = size
        self.max_age = age
        self.program = program
        self.log = log
        self.now = time.time()
        self.fd = None
        self.pid = None
        self.size = 0  # of the segment, up to its last whole record
        self.began = 0
        self.number = 0
        self.start = 0
        self.written = self.now
        self.waiting = collections.deque()
        self.waiting_size = 0
        self.lost = 0  # since the module was loaded
        self.unreported = 0  # of these, since the last LOST record
        self.failing = False
        self.logged = 0
        self._inherit(_owners.get(directory))
        _owners[directory] = self

    def _inherit(self, old):
        """Takes over the records that an earlier instance couldn't write."""
        if old is None:
            return
        old.close()
        self.waiting, old.waiting = old.waiting, self.waiting
        self.waiting_size = old.waiting_size
        self.unreported = old.unreported
        self.lost = old.unreported
        self.start = old.start

    def is_owner(self):
        return _owners.get(self.directory) is self

    def write(self, line):
        """Writes a record, or keeps it for later."""
        if not self.waiting:
            try:
                return self._put(line)
            except EnvironmentError as trouble:
                self._failed(trouble)
        self.waiting.append(line)
        self.waiting_size += len(line)
        while self.waiting_size > MAX_WAITING:
            self.waiting_size -= len(self.waiting.popleft())
            self.lose(1)

    def lose(self, count):
        self.lost += count
        self.unreported += count

    def begin_turn(self, now):
        """Called once a turn, before its records are written: tries again to write what waits."""
        self.now = now
        try:
            if self.fd is not None and (not 0 <= now - self.began < self.max_age
                                        or self.pid != os.getpid()  # this process is a fork of the one that began it
                                        or os.fstat(self.fd).st_nlink == 0):  # removed: nobody would read what follows
                self.close()
            self._drain()
        except EnvironmentError as trouble:
            self._failed(trouble)

    def end_turn(self):
        """Called once a turn, after its records: shows the reader that the module runs."""
        if not 0 <= self.now - self.written < QUIET and not self.waiting:
            self.write(encode('DATATYPE::ALIVE\tTIMET::%d\tLOST::%d\n' % (self.now, self.lost)))

    def close(self):
        if self.fd is not None:
            fd, self.fd = self.fd, None
            os.close(fd)

    def _drain(self):
        """Writes what waits; first the number of lost records, which were older."""
        while self.waiting or self.unreported:
            if self.unreported:
                count = self.unreported
                self._put(encode('DATATYPE::LOST\tTIMET::%d\tCOUNT::%d\n' % (self.now, count)))
                self.unreported -= count
            else:
                self._put(self.waiting[0])
                self.waiting_size -= len(self.waiting.popleft())
        if self.failing:
            self.failing = False
            self._say('%s can be written again' % self.directory)

    def _put(self, line):
        """Writes a record, in a new segment if the old one is full."""
        if self.fd is None or self.size >= self.max_size:
            self.close()
            self._begin(line)
        else:
            self._append(line)
        self.written = self.now

    def _append(self, line):
        """Writes a record as a whole: a part of it is removed again."""
        try:
            done = os.write(self.fd, line)
            if done == len(line):
                self.size += done
                return
            trouble = OSError(errno.ENOSPC, 'only %d of %d bytes could be written' % (done, len(line)))
        except EnvironmentError as failure:
            trouble = failure
        try:
            os.ftruncate(self.fd, self.size)
        except EnvironmentError:
            self.close()  # half a record stays at the end of the file: no other may follow it
        raise trouble

    def _begin(self, line):
        """Begins a segment with its first record."""
        directory = self._open_directory()
        try:
            self._begin_in(self._by_descriptor(directory), line)
        finally:
            os.close(directory)

    def _begin_in(self, directory, line):
        pid = os.getpid()
        start = max(int(self.now * 1000000), self._newest(directory) + 1, self.start + 1)
        path = os.path.join(directory, 'shinken-%016d-%d-%d.log' % (start, pid, self.number + 1))
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
                     | getattr(os, 'O_CLOEXEC', 0), 416)  # 0640, in a form that all Pythons accept
        fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        self.fd, self.pid, self.size = fd, pid, 0
        try:
            os.fchmod(fd, 416)  # independent of the umask: the connector is another user
            self._append(self._header() + line)
        except EnvironmentError:
            self.close()
            os.unlink(path)
            raise
        self.start, self.began = start, self.now
        self.number += 1

    def _header(self):
        return encode('DATATYPE::SEGMENT\tFORMAT::1\tMODULE::shinken %s\tPROGRAM::%s\tPID::%d\tLOST::%d\n'
                      % (VERSION, escape(native(self.program)), self.pid, self.lost))

    def _open_directory(self):
        """Opens the directory, which must be no link: a segment is created by this descriptor."""
        try:
            directory = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as trouble:
            if trouble.errno in (errno.ENOTDIR, errno.ELOOP):
                raise OSError(errno.ENOTDIR, 'not a directory')
            raise
        if os.fstat(directory).st_mode & stat.S_IWOTH:
            os.close(directory)
            raise OSError(errno.EPERM, 'a directory that everybody may write is not used')
        return directory

    def _by_descriptor(self, directory):
        """A path of the directory that was opened: Python 2 has no openat(2). Where /proc is missing, the usual one."""
        path = '/proc/self/fd/%d' % directory
        return path if os.path.isdir(path) else self.directory

    @staticmethod
    def _newest(directory):
        """The start of the newest segment in a directory: the clock may have been set back."""
        newest = 0
        for name in os.listdir(directory):
            parts = native(name).split('-')
            if parts[0] == 'shinken' and len(parts) == 4 and parts[1].isdigit():
                newest = max(newest, int(parts[1]))
        return newest

    def _failed(self, trouble):
        """Logs a failure, once a minute while it lasts."""
        if self.failing and 0 <= self.now - self.logged < REPEAT:
            return
        self.failing = True
        self.logged = self.now
        self._say('cannot write to %s: %s; %d records wait in memory, %d are lost'
                  % (self.directory, trouble.strerror or trouble, len(self.waiting), self.lost))

    def _say(self, words):
        """Logs. An error of the log is no reason to lose a record."""
        try:
            self.log.warning('nagios2canopsis: ' + words)
        except Exception:
            pass
