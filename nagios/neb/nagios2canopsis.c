/*
 * The broker module of nagios2canopsis, one binary for Nagios 3 and 4, Naemon
 * and Icinga 1. It appends what the core reports to files in a spool directory,
 * and waits for nothing else. It must never end or block the core:
 *
 * - nebmodule_init and every callback return 0 in all cases: an error from init
 *   stops Nagios 4, Naemon and Icinga.
 * - There is no thread, no lock and no allocation.
 * - Nothing runs when the library is unloaded, because forks of the core unload
 *   it too.
 */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "acks.h"
#include "arguments.h"
#include "core.h"
#include "event.h"
#include "layout.h"
#include "report.h"
#include "spool.h"

#define EXPORTED __attribute__((visibility("default")))

/* The core reads it between dlopen and nebmodule_init, so the constructor must set it. */
EXPORTED int __neb_api_version;
EXPORTED int nebmodule_init(int flags, char *text, void *module);
EXPORTED int nebmodule_deinit(int flags, int reason);

__attribute__((constructor)) static void set_api_version(void)
{
	core_recognise();
	__neb_api_version = core.api;
}

enum { SILENCE = 30 }; /* seconds without a record until ALIVE is written */

static struct arguments arguments;
static bool loaded;          /* the core has loaded the module, and is supported */
static bool running;         /* the event loop has begun: the core has loaded all that it retained */
static unsigned long last_loaded_comment;
static bool removal_ordered; /* a command that removes an acknowledgement is being executed */

static bool wants(unsigned events)
{
	return (arguments.events & events) != 0;
}

/* ---- acknowledgements and their ends ---- */

static time_t end_of(const struct object *at, const void *object)
{
	return at->acknowledgement_end ? time_at(object, at->acknowledgement_end) : 0;
}

/* The time is that of the event, because the core compares end times with it. */
static const char *reason_of_end(const struct event *event, const struct object *at, const void *object,
				 time_t end_time)
{
	if (removal_ordered)
		return "COMMAND";
	if (int_at(object, at->state) == 0)
		return "RECOVERY";
	return end_time && event->at.tv_sec >= end_time ? "EXPIRED" : "CHANGE";
}

/*
 * Checks whether an object that was acknowledged still is. A core announces an
 * acknowledgement before it sets the flag, and may update the object's status in
 * between (the notification does). So until the flag has been seen, only a check
 * shows that the acknowledgement has ended: a check can't come in between.
 */
static void look_at_acknowledgement(const struct event *event, bool service, const void *object, bool at_check)
{
	if (acks_count == 0 || !layout || !object)
		return;
	struct ack *ack = acks_find(object);
	if (!ack)
		return;
	const struct object *at = service ? &layout->service : &layout->host;
	if (int_at(object, at->acknowledged)) {
		ack->in_effect = true;
	} else if (ack->in_effect || at_check) {
		const char *reason = reason_of_end(event, at, object, ack->end_time);
		acks_remove(ack);
		report_end_of_acknowledgement(event, service, object, reason);
	}
}

static int on_acknowledgement(int number, void *data)
{
	const struct acknowledgement *ack = data;

	(void)number;
	if (ack->event.type != ACKNOWLEDGEMENT_ADDED || !wants(ACKNOWLEDGEMENTS))
		return 0;
	time_t end_time = core.acks_expire ? ack->end_time : 0;
	layout_prove();
	if (layout && ack->object)
		acks_add(ack->object, end_time, false);
	report_acknowledgement(ack, end_time);
	return 0;
}

static int on_host_status(int number, void *data)
{
	const struct status *status = data;

	(void)number;
	look_at_acknowledgement(&status->event, false, status->object, false);
	return 0;
}

static int on_service_status(int number, void *data)
{
	const struct status *status = data;

	(void)number;
	look_at_acknowledgement(&status->event, true, status->object, false);
	return 0;
}

static int on_command(int number, void *data)
{
	const struct command *command = data;

	(void)number;
	removal_ordered = command->event.type == COMMAND_STARTS &&
			  (command->command_type == REMOVE_HOST_ACKNOWLEDGEMENT ||
			   command->command_type == REMOVE_SERVICE_ACKNOWLEDGEMENT);
	return 0;
}

/* After a start no core announces the existing acknowledgements, but it loads their comments. */
static void take_over_acknowledgement(const struct comment *comment)
{
	layout_prove();
	if (!layout || !comment->host_name)
		return;
	bool service = comment->type == SERVICE_COMMENT;
	if (service && !comment->description)
		return;
	const void *object = service ? core.find_service(comment->host_name, comment->description)
				     : core.find_host(comment->host_name);
	const struct object *at = service ? &layout->service : &layout->host;
	if (!object || !layout_plausible(at, object) || !int_at(object, at->acknowledged))
		return;
	/* A persistent comment outlives its acknowledgement: one older than the last OK is of an earlier problem. */
	if (comment->entry_time < time_at(object, at->last_time_ok))
		return;
	acks_add(object, end_of(at, object), true);
	struct ack ack = {.object = object, .end_time = end_of(at, object)};
	report_loaded_acknowledgement(comment, object, &ack);
}

/* ---- checks ---- */

static int on_host_check(int number, void *data)
{
	const struct host_check *check = data;

	(void)number;
	if (check->event.type != HOST_CHECK_PROCESSED)
		return 0;
	const void *host = check->tail[core.object_in_tail];
	layout_prove();
	layout_compare_host(host, check);
	if (wants(CHECKS))
		report_host_check(check, host);
	look_at_acknowledgement(&check->event, false, host, true);
	return 0;
}

static int on_service_check(int number, void *data)
{
	const struct service_check *check = data;

	(void)number;
	if (check->event.type != SERVICE_CHECK_PROCESSED)
		return 0;
	const void *service = check->tail[core.object_in_tail];
	layout_prove();
	layout_compare_service(service, check);
	if (wants(CHECKS))
		report_service_check(check, service);
	look_at_acknowledgement(&check->event, true, service, true);
	return 0;
}

/* ---- downtimes, comments, flapping ---- */

/*
 * A new comment or downtime comes as LOAD and then as ADD with the same id. One
 * that the core retained comes at a start as LOAD alone. While a core loads its
 * downtimes, it writes their comments again, as LOAD and ADD: those have been
 * reported already.
 */
static int on_comment(int number, void *data)
{
	const struct comment *comment = data;
	bool load = comment->event.type == COMMENT_LOADED;

	(void)number;
	if (load && running)
		return 0;
	if (load)
		last_loaded_comment = comment->id;
	else if (!running && comment->event.type == COMMENT_ADDED && comment->id == last_loaded_comment)
		return 0;
	if (wants(COMMENTS)) {
		if (load || comment->event.type == COMMENT_ADDED)
			report_comment("COMMENTADDED", comment, load);
		else if (comment->event.type == COMMENT_DELETED)
			report_comment("COMMENTDELETED", comment, false);
	}
	if (load && comment->entry_type == COMMENT_OF_ACKNOWLEDGEMENT && wants(ACKNOWLEDGEMENTS))
		take_over_acknowledgement(comment);
	return 0;
}

static int on_downtime(int number, void *data)
{
	const struct downtime *downtime = data;

	(void)number;
	if (!wants(DOWNTIMES))
		return 0;
	switch (downtime->event.type) {
	case DOWNTIME_LOADED:
		if (!running)
			report_downtime("DOWNTIMESCHEDULED", downtime, true);
		break;
	case DOWNTIME_ADDED:
		report_downtime("DOWNTIMESCHEDULED", downtime, false);
		break;
	case DOWNTIME_STARTED:
		report_downtime("DOWNTIMESTARTED", downtime, false);
		break;
	case DOWNTIME_STOPPED:
		report_downtime(downtime->event.attr == DOWNTIME_CANCELLED ? "DOWNTIMECANCELLED" : "DOWNTIMEENDED",
				downtime, false);
		break;
	case DOWNTIME_DELETED:
		report_downtime("DOWNTIMEDELETED", downtime, false);
		break;
	}
	return 0;
}

static int on_flapping(int number, void *data)
{
	const struct flapping *flapping = data;

	(void)number;
	if (wants(FLAPPING) && (flapping->event.type == FLAPPING_STARTED || flapping->event.type == FLAPPING_STOPPED))
		report_flapping(flapping);
	return 0;
}

/* ---- the process ---- */

static void report_states(const struct event *event, bool service)
{
	const void *object = service ? *core.services : *core.hosts;

	while (object && layout) {
		const struct object *at = service ? &layout->service : &layout->host;

		if (!layout_plausible(at, object)) {
			layout_reject("the numbers of an object");
			return;
		}
		if (int_at(object, at->acknowledged) && wants(ACKNOWLEDGEMENTS))
			acks_add(object, end_of(at, object), true);
		if (int_at(object, at->has_been_checked) && wants(STATES)) {
			if (service)
				report_service_state(event, object);
			else
				report_host_state(event, object);
		}
		object = pointer_at(object, at->next);
	}
}

static int on_process(int number, void *data)
{
	const struct event *event = data;

	(void)number;
	spool_process(getpid()); /* Nagios 3 and Icinga fork into the background after they have loaded the module */
	switch (event->type) {
	case PROCESS_START:
		layout_prove();
		break;
	case PROCESS_LOOP_STARTS:
		running = true;
		spool_leave_to_helpers();
		if (wants(PROCESS))
			report_process("PROCESSSTARTED", event);
		layout_prove();
		report_states(event, false);
		report_states(event, true);
		break;
	case PROCESS_RESTART:
		if (wants(PROCESS))
			report_process("PROCESSRELOADED", event);
		break;
	case PROCESS_SHUTDOWN:
		if (wants(PROCESS))
			report_process("PROCESSSTOPPED", event);
		break;
	}
	return 0;
}

/* Cores report their own status every few seconds: the module uses it as its clock. */
static int on_program_status(int number, void *data)
{
	(void)number;
	spool_look();
	spool_tick();
	if (running && !spool_waits() && spool_idle() >= SILENCE)
		report_alive(data);
	return 0;
}

/* ---- loading and unloading ---- */

/* Numbers are relative to that of process events; bits are those of event_broker_options. */
static const struct {
	int number;
	callback *function;
	int bit;
	const char *without;
} callbacks[] = {
	{0, on_process, 1, "starts, stops and the present state"},
	{6, on_service_check, 4, "service checks"},
	{7, on_host_check, 8, "host checks"},
	{8, on_comment, 256, "comments"},
	{9, on_downtime, 512, "downtimes"},
	{10, on_flapping, 128, "flapping"},
	{11, on_program_status, 4096, "the ends of acknowledgements, and signs of life"},
	{12, on_host_status, 4096, NULL},
	{13, on_service_status, 4096, NULL},
	{17, on_command, 16384, "why an acknowledgement ends"},
	{22, on_acknowledgement, 65536, "acknowledgements"},
};
enum { CALLBACKS = sizeof callbacks / sizeof *callbacks };

static void introduce(void *module)
{
	static const char *const lines[] = {
		"nagios2canopsis", "The authors of nagios2canopsis", "MIT", MODULE_VERSION, "MIT",
		"Hands over what the supervisor sees to the connector nagios2canopsis",
	};

	if (core.set_module_info)
		for (int i = 0; i < (int)(sizeof lines / sizeof *lines); i++)
			core.set_module_info(module, i, lines[i]);
}

static void warn_of_broker_options(void)
{
	char missing[512];
	size_t length = 0;

	if (!core.broker_options)
		return;
	for (int i = 0; i < CALLBACKS; i++)
		if (callbacks[i].without && !(*core.broker_options & callbacks[i].bit))
			length += (size_t)snprintf(missing + length, sizeof missing - length, "%s%s", length ? "; " : "",
						   callbacks[i].without);
	if (length > 0)
		core_log(LOG_WARNING, "event_broker_options=%d keeps from us: %s. Set it to -1 in the main configuration file",
			 *core.broker_options, missing);
}

int nebmodule_init(int flags, char *text, void *module)
{
	(void)flags;
	introduce(module);
	if (!core.layout) {
		core_log(LOG_WARNING,
			 "%s is not known to this version (%s) and nothing is sent: "
			 "known are Nagios 3.0 to 4.5, Naemon 1.0 to 1.5 and Icinga 1",
			 core.program, MODULE_VERSION);
		return 0;
	}
	loaded = true;
	running = removal_ordered = false;
	last_loaded_comment = 0;
	layout_reset();
	acks_reset();
	arguments_read(&arguments, text);
	spool_reset(arguments.spool, arguments.segment_size, arguments.segment_age);
	spool_process(getpid());

	core_log(LOG_INFO, "version %s in %s (objects as in %s), spool directory %s", MODULE_VERSION, core.program,
		 core.layout->name, arguments.spool);
	warn_of_broker_options();
	for (int i = 0; i < CALLBACKS; i++)
		if (core.register_callback(core.first_callback + callbacks[i].number, module, 0, callbacks[i].function) != 0)
			core_log(LOG_WARNING, "%s refuses callback %d", core.program, core.first_callback + callbacks[i].number);
	return 0;
}

enum { CORE_RESTARTS = 2 }; /* NEBMODULE_NEB_RESTART of nebmodules.h */

int nebmodule_deinit(int flags, int reason)
{
	(void)flags;
	if (!loaded)
		return 0;
	loaded = false;
	for (int i = 0; i < CALLBACKS; i++)
		core.deregister_callback(core.first_callback + callbacks[i].number, callbacks[i].function);
	spool_close(reason == CORE_RESTARTS);
	return 0;
}
