#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static struct {
	char path[PATH_MAX];
	dev_t device;        /* of the directory that was read; 0: none was */
	ino_t inode;
	uint64_t start;      /* of the newest segment's name: microseconds since 1970 */
	char name[64];       /* of the segment that was created last */
} directory;

void directory_reset(const char *path)
{
	memset(&directory, 0, sizeof directory);
	snprintf(directory.path, sizeof directory.path, "%s", path);
}

const char *directory_path(void)
{
	return directory.path;
}

void directory_forget(void)
{
	directory.device = 0;
	directory.inode = 0;
}

/* glibc's fstat needs version 2.33; the kernel's structure is the same on x86-64. */
static bool look_at(int fd, struct stat *info)
{
	return syscall(SYS_fstat, fd, info) == 0;
}

bool directory_has_lost(int segment)
{
	struct stat info;

	return look_at(segment, &info) && info.st_nlink == 0;
}

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
static int open_directory(struct stat *info, const char **reason)
{
	int fd = open(directory.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		*reason = errno == ENOTDIR || errno == ELOOP ? "it is not a directory" : strerror(errno);
		return -1;
	}
	if (!look_at(fd, info) || (info->st_mode & S_IWOTH)) {
		*reason = "it can be written by everyone (chmod o-w)";
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * New segments must sort after the existing ones, even when the clock is wrong. So
 * a directory is read when it is used for the first time.
 */
static bool learn(int fd, const struct stat *info, const char **reason)
{
	enum { LAST_START = 1000 * 1000 }; /* a name that leaves no room for later ones is not ours */
	struct dirent *entry;
	DIR *entries;
	int again;

	if (directory.device == info->st_dev && directory.inode == info->st_ino)
		return true;
	again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* closedir closes it */
	entries = again < 0 ? NULL : fdopendir(again);
	if (!entries) {
		*reason = strerror(errno);
		if (again >= 0)
			close(again);
		return false;
	}
	while ((entry = readdir(entries)) != NULL) {
		uint64_t start = start_of(entry->d_name);
		if (start > directory.start && start < UINT64_C(9999999999999999) - LAST_START)
			directory.start = start;
	}
	closedir(entries);
	directory.device = info->st_dev;
	directory.inode = info->st_ino;
	return true;
}

static int create(int fd, pid_t pid, unsigned number, const char **reason)
{
	struct timeval t;
	uint64_t micros;
	int segment;

	gettimeofday(&t, NULL);
	micros = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec;
	directory.start = micros > directory.start ? micros : directory.start + 1;
	snprintf(directory.name, sizeof directory.name, MODULE_NAME "-%016llu-%d-%u.log",
		 (unsigned long long)directory.start, (int)pid, number);
	segment = openat(fd, directory.name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (segment < 0) {
		*reason = strerror(errno);
		directory_forget();
	}
	return segment;
}

int directory_create(pid_t pid, unsigned number, const char **reason)
{
	struct stat info;
	int segment = -1, fd = open_directory(&info, reason);

	if (fd < 0)
		return -1;
	if (learn(fd, &info, reason))
		segment = create(fd, pid, number, reason);
	close(fd);
	return segment;
}

void directory_delete_last(void)
{
	struct stat info;
	const char *reason;
	int fd = open_directory(&info, &reason);

	if (fd < 0)
		return;
	if (info.st_dev == directory.device && info.st_ino == directory.inode)
		unlinkat(fd, directory.name, 0);
	close(fd);
}
