#include "spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "inheritance.h"
#include "layout.h"
#include "record.h"
#include "ring.h"

enum {
	RETRY = 1000,        /* ms between two tries while nothing can be written */
	LOG_AGAIN = 60000,   /* ms between two lines about the same trouble */
	DRAIN_AT_ONCE = 256, /* records of the memory that are written before one new record */
	HEADER_SIZE = 512,
};

static struct {
	char directory[PATH_MAX];
	uint64_t segment_size;
	int64_t segment_age; /* ms */
	pid_t pid;

	int fd;              /* the segment, or -1 */
	char name[64];
	uint64_t size;       /* of the segment: all of it whole records */
	int64_t opened;      /* ms, as all moments here on the clock of now() */
	uint64_t start;      /* the segment's name: microseconds since 1970 */
	unsigned number;

	int64_t written;     /* when the last record was written; 0 if none was */
	dev_t device;        /* of the directory that was read; 0: none was */
	ino_t inode;
	bool failing;
	char reason[128];
	int64_t next_try, next_log, next_loss_log;
	struct losses lost;
} spool;

/* Comes from the vDSO, without a system call, with every clock source. */
static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void spool_reset(const char *directory, uint64_t segment_size, unsigned segment_age)
{
	memset(&spool, 0, sizeof spool);
	snprintf(spool.directory, sizeof spool.directory, "%s", directory);
	spool.segment_size = segment_size;
	spool.segment_age = (int64_t)segment_age * 1000;
	spool.fd = -1;
	ring_reset();
	if (inheritance_take(directory, &spool.lost))
		core_log(LOG_INFO, "%u records wait that could not be written before the reload", ring_count());
}

/* The next segment reads the directory again. */
static void forget_directory(void)
{
	spool.device = 0;
	spool.inode = 0;
}

static void leave_segment(void)
{
	if (spool.fd >= 0)
		close(spool.fd);
	spool.fd = -1;
}

void spool_process(pid_t pid)
{
	if (pid != spool.pid)
		leave_segment();
	spool.pid = pid;
}

/* glibc's fstat needs version 2.33; the kernel's structure is the same on x86-64. */
static bool look_at(int fd, struct stat *info)
{
	return syscall(SYS_fstat, fd, info) == 0;
}

/*
 * Nagios 4, and Naemon before 1.5, fork the helper that reads the command file
 * after they have loaded what was retained and before the event loop begins. The
 * helper keeps the segment of that moment open for its whole life, even when the
 * segment is deleted.
 */
void spool_leave_to_helpers(void)
{
	leave_segment();
}

/* The reader would never see what is written to a deleted segment. */
void spool_look(void)
{
	struct stat info;

	if (spool.fd >= 0 && look_at(spool.fd, &info) && info.st_nlink == 0) {
		leave_segment();
		forget_directory();
	}
}

int spool_waits(void)
{
	return ring_count() > 0;
}

uint64_t spool_lost(void)
{
	return spool.lost.all;
}

unsigned spool_idle(void)
{
	return spool.written ? (unsigned)((now() - spool.written) / 1000) : UINT_MAX;
}

/* ---- trouble ---- */

static void fails(const char *reason)
{
	int64_t t = now();

	if (!spool.failing || (strcmp(reason, spool.reason) != 0 && t >= spool.next_log)) {
		core_log(LOG_WARNING, "nothing can be written to %s: %s; records are kept in memory (%d MiB)",
			 spool.directory, reason, RING_SIZE >> 20);
		spool.next_log = t + LOG_AGAIN;
		snprintf(spool.reason, sizeof spool.reason, "%s", reason);
	}
	spool.failing = true;
	spool.next_try = t + RETRY;
}

static void keep(const char *record, size_t length)
{
	unsigned dropped = ring_push(record, length);

	if (dropped == 0)
		return;
	spool.lost.all += dropped;
	spool.lost.unreported += dropped;
	if (now() >= spool.next_loss_log) {
		core_log(LOG_WARNING, "the memory for records is full: %llu lost so far, the oldest first",
			 (unsigned long long)spool.lost.all);
		spool.next_loss_log = now() + LOG_AGAIN;
	}
}

/* ---- segments ---- */

/* The start of one of our segments, from its name "neb-<16 digits>-...log"; 0 if the file is none. */
static uint64_t start_of(const char *name)
{
	uint64_t start = 0;
	size_t length = strlen(name);

	if (length < 25 || strncmp(name, MODULE_NAME "-", 4) != 0 || strcmp(name + length - 4, ".log") != 0)
		return 0;
	for (int i = 4; i < 20; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		start = start * 10 + (uint64_t)(name[i] - '0');
	}
	return name[20] == '-' ? start : 0;
}

/*
 * Opens the directory. It must be none that a link leads to, and not writable by
 * everyone: anybody could put a link or a forged segment there. A segment is created
 * by this descriptor, so that it can't get anywhere else when the directory is
 * replaced meanwhile.
 */
static int open_directory(struct stat *info)
{
	int fd = open(spool.directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		fails(errno == ENOTDIR || errno == ELOOP ? "it is not a directory" : strerror(errno));
		return -1;
	}
	if (!look_at(fd, info) || (info->st_mode & S_IWOTH)) {
		fails("it can be written by everyone (chmod o-w)");
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * New segments must sort after the existing ones, even when the clock is wrong. So
 * a directory is read when it is used for the first time.
 */
static bool learn_directory(int directory, const struct stat *info)
{
	enum { LAST_START = 1000 * 1000 }; /* a name that leaves no room for later ones is not ours */
	struct dirent *entry;
	DIR *entries;
	int fd;

	if (spool.device == info->st_dev && spool.inode == info->st_ino)
		return true;
	fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* closedir closes it */
	entries = fd < 0 ? NULL : fdopendir(fd);
	if (!entries) {
		fails(strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((entry = readdir(entries)) != NULL) {
		uint64_t start = start_of(entry->d_name);
		if (start > spool.start && start < UINT64_C(9999999999999999) - LAST_START)
			spool.start = start;
	}
	closedir(entries);
	spool.device = info->st_dev;
	spool.inode = info->st_ino;
	return true;
}

static void create_segment(int directory)
{
	struct timeval t;
	uint64_t micros;

	gettimeofday(&t, NULL);
	micros = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec;
	spool.start = micros > spool.start ? micros : spool.start + 1;
	snprintf(spool.name, sizeof spool.name, MODULE_NAME "-%016llu-%d-%u.log", (unsigned long long)spool.start,
		 (int)spool.pid, spool.number + 1);
	spool.fd = openat(directory, spool.name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (spool.fd < 0) {
		forget_directory();
		fails(strerror(errno));
	}
}

static bool open_segment(void)
{
	struct stat info;
	int directory;

	if (spool.pid == 0)
		spool.pid = getpid();
	directory = open_directory(&info);
	if (directory < 0)
		return false;
	if (learn_directory(directory, &info))
		create_segment(directory);
	close(directory);
	if (spool.fd < 0)
		return false;
	spool.size = 0;
	spool.opened = now();
	return true;
}

/* Deletes a segment that has stayed empty, where it was created. */
static void delete_segment(void)
{
	struct stat info;
	int directory = open_directory(&info);

	if (directory < 0)
		return;
	if (info.st_dev == spool.device && info.st_ino == spool.inode)
		unlinkat(directory, spool.name, 0);
	close(directory);
}

static size_t header(char *to)
{
	return (size_t)snprintf(to, HEADER_SIZE,
				"DATATYPE::SEGMENT\tFORMAT::1\tMODULE::" MODULE_NAME " " MODULE_VERSION
				"\tPROGRAM::%s\tPID::%d\tLOST::%llu\tLAYOUT::%s\n",
				core.program, (int)spool.pid, (unsigned long long)spool.lost.all, layout_name());
}

static ssize_t append(const char *bytes, size_t length)
{
	ssize_t n;

	do
		n = write(spool.fd, bytes, length);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Removes a record that was written in part, so that no other record follows half of one in the same line. */
static void failed_write(ssize_t written)
{
	int error = written >= 0 ? ENOSPC : errno;
	bool usable = error == ENOSPC || error == EDQUOT;

	if (written > 0 && ftruncate(spool.fd, (off_t)spool.size) != 0)
		usable = false;
	if (spool.size == 0) { /* a segment is never empty */
		delete_segment();
		usable = false;
	}
	if (!usable)
		leave_segment();
	fails(strerror(error));
}

static bool write_record(const char *record, size_t length)
{
	static char first[HEADER_SIZE + RECORD_SIZE];
	int64_t t = now();

	if (spool.fd >= 0 && (spool.size + length > spool.segment_size || t - spool.opened >= spool.segment_age))
		leave_segment();
	if (spool.fd < 0 && !open_segment())
		return false;
	if (spool.size == 0) {
		size_t head = header(first);

		memcpy(first + head, record, length);
		record = first;
		length += head;
	}
	ssize_t n = append(record, length);
	if (n != (ssize_t)length) {
		failed_write(n);
		return false;
	}
	if (spool.size == 0)
		spool.number++;
	spool.size += length;
	spool.written = t;
	return true;
}

/* ---- what waits ---- */

/* Reports what the memory has dropped; it was older than all that the memory has. */
static bool report_losses(void)
{
	struct timeval t;
	char record[128];

	if (spool.lost.unreported == 0)
		return true;
	gettimeofday(&t, NULL);
	int length = snprintf(record, sizeof record, "DATATYPE::LOST\tTIMET::%lld.%06ld\tCOUNT::%llu\n",
			      (long long)t.tv_sec, (long)t.tv_usec, (unsigned long long)spool.lost.unreported);
	if (!write_record(record, (size_t)length))
		return false;
	spool.lost.unreported = 0;
	return true;
}

static void drain(unsigned most)
{
	size_t length;

	while (ring_count() > 0 && most-- > 0) {
		if (!report_losses())
			return;
		const char *record = ring_first(&length);
		if (!write_record(record, length))
			return;
		ring_pop();
	}
	if (spool.failing && ring_count() == 0) {
		spool.failing = false;
		spool.next_loss_log = 0;
		core_log(LOG_INFO, "%s can be written again, and what waited is written; %llu records lost since the start",
			 spool.directory, (unsigned long long)spool.lost.all);
	}
}

void spool_tick(void)
{
	if (ring_count() > 0 && (!spool.failing || now() >= spool.next_try))
		drain(DRAIN_AT_ONCE);
}

void spool_put(const char *record, size_t length)
{
	spool_tick();
	if (ring_count() > 0 || !write_record(record, length))
		keep(record, length);
}

void spool_close(bool for_reload)
{
	unsigned waiting;

	drain(UINT_MAX);
	waiting = ring_count();
	if (waiting > 0 && !(for_reload && inheritance_leave(spool.directory, spool.lost)))
		core_log(LOG_WARNING, "%u records could not be written and are lost", waiting);
	leave_segment();
	ring_reset();
}
