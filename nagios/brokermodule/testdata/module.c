/* An event broker module that does nothing, in place of ours. */
int __neb_api_version = 4;

static const char name[] = "nagios2canopsis " VERSION;

int nebmodule_init(int flags, char *args, void *handle) {
	(void)flags, (void)args, (void)handle;
	return name[0] == 'n' ? 0 : 1;
}

int nebmodule_deinit(int flags, int reason) {
	(void)flags, (void)reason;
	return 0;
}
