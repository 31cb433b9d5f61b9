#include "inheritance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ring.h"

/* After an update, another version of the module reads it: the number is that of the format. */
#define NAME "nagios2canopsis-waiting-1"

enum { CLOSE_ON_EXEC = 1 }; /* MFD_CLOEXEC */

/* The file begins with this. Records follow, each after its length as an uint32_t. */
struct head {
	struct losses losses;
	char directory[PATH_MAX];
};

static bool write_all(int fd, const void *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes = (const char *)bytes + n;
		length -= (size_t)n;
	}
	return true;
}

static bool write_ring(int fd)
{
	size_t length;

	for (; ring_count() > 0; ring_pop()) {
		const char *record = ring_first(&length);
		uint32_t stored = (uint32_t)length;

		if (!write_all(fd, &stored, sizeof stored) || !write_all(fd, record, length))
			return false;
	}
	return true;
}

bool inheritance_leave(const char *directory, struct losses losses)
{
	static struct head head;
	int fd = (int)syscall(SYS_memfd_create, NAME, CLOSE_ON_EXEC);

	if (fd < 0)
		return false;
	head.losses = losses;
	snprintf(head.directory, sizeof head.directory, "%s", directory);
	if (write_all(fd, &head, sizeof head) && write_ring(fd))
		return true;
	close(fd);
	return false;
}

/* Puts the records of a file into the ring, if they are for this directory. */
static bool take_from(const char *bytes, size_t size, const char *directory, struct losses *losses)
{
	const struct head *head = (const struct head *)bytes;
	uint32_t length;

	if (size < sizeof *head || strncmp(head->directory, directory, sizeof head->directory) != 0)
		return false;
	*losses = head->losses;
	for (size_t at = sizeof *head; size - at > sizeof length; at += length) {
		memcpy(&length, bytes + at, sizeof length);
		at += sizeof length;
		if (length > size - at)
			break;
		ring_push(bytes + at, length);
	}
	return true;
}

static bool take_descriptor(int fd, const char *directory, struct losses *losses)
{
	off_t size = lseek(fd, 0, SEEK_END);
	void *bytes = size > 0 ? mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	bool taken;

	if (bytes == MAP_FAILED)
		return false;
	taken = take_from(bytes, (size_t)size, directory, losses);
	munmap(bytes, (size_t)size);
	if (taken)
		close(fd);
	return taken;
}

bool inheritance_take(const char *directory, struct losses *losses)
{
	static const char ours[] = "/memfd:" NAME " (deleted)";
	DIR *descriptors = opendir("/proc/self/fd");
	struct dirent *entry;
	char target[sizeof ours];
	bool taken = false;

	if (!descriptors)
		return false;
	while (!taken && (entry = readdir(descriptors)) != NULL) {
		ssize_t n = readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target);

		if (n == (ssize_t)sizeof ours - 1 && memcmp(target, ours, (size_t)n) == 0)
			taken = take_descriptor(atoi(entry->d_name), directory, losses);
	}
	closedir(descriptors);
	return taken;
}
