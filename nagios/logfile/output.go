package logfile

import (
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// noOutput is what Nagios puts in place of an empty plugin output.
const noOutput = "(No output returned from plugin)"

// pluginOutput is what a plugin printed, taken apart.
type pluginOutput struct{ short, long, perfdata string }

// commandOutput takes the output of a PROCESS_*_CHECK_RESULT command apart as
// Nagios 4 does: unescape_check_result_output (base/utils.c), parse_check_output
// and the replacement of semicolons (base/checks.c).
func commandOutput(raw string) pluginOutput {
	return splitOutput(unescapeNewlines.Replace(raw))
}

// unescapeNewlines undoes the two escapes that a command may use.
var unescapeNewlines = strings.NewReplacer(`\\`, `\`, `\n`, "\n")

// cutLongOutput cuts what Icinga 1 adds to the output of an ALERT if
// log_long_plugin_output is 1: a literal \n, and the long output, escaped
// (base/logging.c, log_service_event and log_host_event).
func cutLongOutput(c *supervision.Check) {
	output, long, found := strings.Cut(c.Output, `\n`)
	if found {
		c.Output, c.LongOutput = output, unescapeNewlines.Replace(long)
	}
}

// splitOutput follows parse_check_output: the first line up to a pipe is the
// output, the further lines up to a pipe are long output, all behind the pipes
// is perfdata, its lines joined by a blank.
func splitOutput(raw string) pluginOutput {
	first, more, _ := strings.Cut(raw, "\n")
	short, perf, _ := strings.Cut(first, "|")
	out := pluginOutput{short: strings.Trim(short, " \t\r\n")}
	if first == "" {
		out.short = noOutput
	}
	out.short = strings.ReplaceAll(out.short, ";", ":")

	long, morePerf, _ := strings.Cut(more, "|")
	out.long = strings.TrimSuffix(long, "\n")
	morePerf = strings.ReplaceAll(strings.TrimSuffix(morePerf, "\n"), "\n", " ")
	if perf != "" && morePerf != "" {
		perf += " "
	}
	out.perfdata = strings.Trim(perf+morePerf, " \t\r\n")
	return out
}
