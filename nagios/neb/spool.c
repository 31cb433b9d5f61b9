#include "spool.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "directory.h"
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
	uint64_t segment_size;
	int64_t segment_age; /* ms */
	pid_t pid;

	int fd;              /* the segment, or -1 */
	uint64_t size;       /* of the segment: all of it whole records */
	int64_t opened;      /* ms, as all moments here on the clock of now() */
	unsigned number;

	int64_t written;     /* when the last record was written; 0 if none was */
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
	directory_reset(directory);
	spool.segment_size = segment_size;
	spool.segment_age = (int64_t)segment_age * 1000;
	spool.fd = -1;
	ring_reset();
	if (inheritance_take(directory, &spool.lost))
		core_log(LOG_INFO, "%u records wait that could not be written before the reload", ring_count());
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
	if (spool.fd >= 0 && directory_has_lost(spool.fd)) {
		leave_segment();
		directory_forget();
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
			 directory_path(), reason, RING_SIZE >> 20);
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

static bool open_segment(void)
{
	const char *reason;

	if (spool.pid == 0)
		spool.pid = getpid();
	spool.fd = directory_create(spool.pid, spool.number + 1, &reason);
	if (spool.fd < 0) {
		fails(reason);
		return false;
	}
	spool.size = 0;
	spool.opened = now();
	return true;
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
		directory_delete_last();
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
			 directory_path(), (unsigned long long)spool.lost.all);
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
	if (waiting > 0 && !(for_reload && inheritance_leave(directory_path(), spool.lost)))
		core_log(LOG_WARNING, "%u records could not be written and are lost", waiting);
	leave_segment();
	ring_reset();
}
