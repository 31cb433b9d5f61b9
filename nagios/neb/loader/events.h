/* The structures that a core passes to callbacks, at their measured offsets. */
#ifndef LOADER_EVENTS_H
#define LOADER_EVENTS_H

struct event_kind {
	const char *name;
	int callback;               /* from that of process events */
	int size[2];                /* without and with what later cores inserted or appended */
	int object[2];              /* where the object pointer is, 0: nowhere */
	struct {
		const char *name;
		char type;
		int at;
	} fields[24];
};

extern const struct event_kind event_kinds[];

#endif
