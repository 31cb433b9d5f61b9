#include "layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core.h"

enum { OBJECTS_TESTED = 16, LONGEST_NAME = 1024, PAGE = 4096 };

const struct layout *layout;

static bool decided, host_compared, service_compared;

void layout_reset(void)
{
	layout = NULL;
	decided = host_compared = service_compared = false;
}

const char *layout_name(void)
{
	return layout ? layout->name : "none";
}

void layout_reject(const char *why)
{
	decided = true;
	layout = NULL;
	core_log(LOG_WARNING,
		 "the objects of this %s are not laid out as its version says (%s): "
		 "address, groups, custom variables, conditions and the present state are not sent",
		 core.program, why);
}

/*
 * Memory that may not exist is read through the kernel: it returns an error where
 * a direct access would crash the core. process_vm_readv may be forbidden
 * (seccomp, before Linux 4.8 in containers); then a pipe does the same.
 */
static bool peek_by_pipe(const void *from, void *to, size_t length)
{
	int ends[2];
	bool done;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	done = write(ends[1], from, length) == (ssize_t)length && read(ends[0], to, length) == (ssize_t)length;
	close(ends[0]);
	close(ends[1]);
	return done;
}

static bool peek(const void *from, void *to, size_t length)
{
	struct iovec local = {to, length}, remote = {(void *)from, length};
	ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	if (got < 0 && (errno == ENOSYS || errno == EPERM))
		return peek_by_pipe(from, to, length);
	return got == (ssize_t)length;
}

static bool peek_text(const char *from, char *to, size_t size)
{
	while (from && size > 0) {
		size_t part = PAGE - (uintptr_t)from % PAGE; /* the next page may be missing */
		if (part > size)
			part = size;
		if (!peek(from, to, part))
			return false;
		if (memchr(to, 0, part))
			return true;
		from += part;
		to += part;
		size -= part;
	}
	return false;
}

static bool is_text(const void *copy, unsigned offset)
{
	const char *text = text_at(copy, offset);
	char first;

	return !text || peek(text, &first, 1);
}

bool layout_plausible(const struct object *at, const void *object)
{
	unsigned state = (unsigned)int_at(object, at->state);
	unsigned flags = (unsigned)int_at(object, at->state_type) | (unsigned)int_at(object, at->is_flapping) |
			 (unsigned)int_at(object, at->acknowledged) | (unsigned)int_at(object, at->has_been_checked);
	unsigned ack = (unsigned)int_at(object, at->acknowledgement_type);
	unsigned check = (unsigned)int_at(object, at->check_type);

	return state <= 3 && flags <= 1 && ack <= STICKY && check <= 3;
}

/* Works on a copy, because the object may be shorter than in the table. */
static bool proves(const struct object *at, const void *object, char *copy, char *name)
{
	const unsigned texts[] = {at->display_name, at->notes,       at->notes_url, at->action_url,
				  at->output,       at->long_output, at->perf_data};

	if (!peek(object, copy, at->next + sizeof(void *)) || !layout_plausible(at, copy) ||
	    !peek_text(text_at(copy, at->name), name, LONGEST_NAME))
		return false;
	for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!is_text(copy, texts[i]))
			return false;
	return true;
}

static const char *test_hosts(const struct layout *table)
{
	const void *host = *core.hosts;
	char copy[1024], name[LONGEST_NAME];

	for (int i = 0; host && i < OBJECTS_TESTED; i++) {
		if (!proves(&table->host, host, copy, name) || !is_text(copy, table->host.address) ||
		    !is_text(copy, table->host.alias) || core.find_host(name) != host)
			return "a host";
		host = pointer_at(copy, table->host.next);
	}
	return NULL;
}

static const char *test_services(const struct layout *table)
{
	const void *service = *core.services;
	char copy[1024], name[LONGEST_NAME], description[LONGEST_NAME];

	for (int i = 0; service && i < OBJECTS_TESTED; i++) {
		if (!proves(&table->service, service, copy, name) ||
		    !peek_text(text_at(copy, table->service.description), description, sizeof description) ||
		    core.find_service(name, description) != service ||
		    core.find_host(name) != pointer_at(copy, table->service.host))
			return "a service";
		service = pointer_at(copy, table->service.next);
	}
	return NULL;
}

void layout_prove(void)
{
	const char *wrong;

	if (decided)
		return;
	if (!core.hosts || !core.services || !core.find_host || !core.find_service) {
		layout_reject("it does not export its objects");
		return;
	}
	if (!*core.hosts)
		return;
	wrong = test_hosts(core.layout);
	if (!wrong)
		wrong = test_services(core.layout);
	if (wrong) {
		layout_reject(wrong);
		return;
	}
	decided = true;
	layout = core.layout;
}

/*
 * In every core the structure of a check points to the same strings as the
 * object (broker.c of all of them), so equal pointers prove the table.
 */
void layout_compare_host(const void *host, const struct host_check *check)
{
	if (host_compared || !layout || !host)
		return;
	host_compared = true;
	if (text_at(host, layout->host.name) != check->host_name ||
	    text_at(host, layout->host.output) != check->output)
		layout_reject("the host of a check");
}

void layout_compare_service(const void *service, const struct service_check *check)
{
	if (service_compared || !layout || !service)
		return;
	service_compared = true;
	if (text_at(service, layout->service.name) != check->host_name ||
	    text_at(service, layout->service.description) != check->description ||
	    text_at(service, layout->service.output) != check->output ||
	    pointer_at(service, layout->service.host) != core.find_host(check->host_name))
		layout_reject("the service of a check");
}
