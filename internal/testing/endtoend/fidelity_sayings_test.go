package endtoend

import (
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios/truth"
)

// saying is something that a plugin prints, and what Canopsis shall get of it,
// written by hand. {{n}} is a number that no other run has.
type saying struct {
	name    string
	exit    int
	prints  string // bytes, in whatever charset
	output  string // first line, as Nagios shows it and in UTF-8
	long    string // further lines
	perf    string // performance data as printed, in UTF-8
	metrics string // the same in the form that Canopsis reads
	raw     string // the first line as Nagios writes it to its files, if that is not output
}

// said returns what a plugin prints in ordinary cases.
func said(exit int, text string) saying {
	return saying{
		exit: exit, prints: text + " {{n}}|v=7;8;9;0;10\n",
		output: text + " {{n}}", perf: "v=7;8;9;0;10", metrics: "v=7;8;9;0;10",
	}
}

// gallery is what plugins really print: each was a reader's trouble once.
var gallery = []saying{
	{name: "plain", exit: 1, prints: "WARNING - plain text {{n}}\n", output: "WARNING - plain text {{n}}"},
	{
		name: "no line feed", exit: 1, prints: "WARNING - no line feed at the end {{n}}",
		output: "WARNING - no line feed at the end {{n}}",
	},
	{name: "blanks", exit: 1, prints: "   blanks around {{n}} \t \n", output: "blanks around {{n}}"},
	{name: "semicolons", exit: 2, prints: "CRITICAL; a;b;;c; {{n}}|a=1;2;3\n",
		output: "CRITICAL: a:b::c: {{n}}", perf: "a=1;2;3", metrics: "a=1;2;3"},
	{
		name: "pipes", exit: 2, prints: "pipes {{n}} | b=1 | c=2 | d\n", output: "pipes {{n}}", perf: "b=1 | c=2 | d",
		metrics: "b=1 c=2",
	},
	{
		name: "tabs", exit: 1, prints: "col1\tcol2\tcol3 {{n}}|t=1\n", output: "col1\tcol2\tcol3 {{n}}", perf: "t=1",
		metrics: "t=1",
	},
	{name: "quotes", exit: 1, prints: "it's \"quoted\" `so` {{n}}|'it''s'=3;; 'two words'=4%;5;6\n",
		output: "it's \"quoted\" `so` {{n}}", perf: "'it''s'=3;; 'two words'=4%;5;6",
		metrics: "'it''s'=3;; 'two words'=4%;5;6"},
	{name: "latin-1", exit: 2, prints: "Temp\xe9rature \xe9lev\xe9e {{n}}|'temp\xe9rature'=21\n",
		output: "Température élevée {{n}}", raw: "Temp\xe9rature \xe9lev\xe9e {{n}}", perf: "'température'=21",
		metrics: "température=21"},
	{name: "utf-8", exit: 2, prints: "Température à l'étage n°2 € ✅ 警告 {{n}}|'débit'=3\n",
		output: "Température à l'étage n°2 € ✅ 警告 {{n}}", perf: "'débit'=3", metrics: "débit=3"},
	{name: "control", exit: 1, prints: "bell \x07 esc \x1b[31mred\x1b[0m \x01\x02 del \x7f {{n}}\n",
		output: "bell  esc red  del  {{n}}", raw: "bell \x07 esc \x1b[31mred\x1b[0m \x01\x02 del \x7f {{n}}"},
	{
		name: "carriage return", exit: 1, prints: "1%\r2%\rdone {{n}}\r\n", output: "1%2%done {{n}}",
		raw: "1%\r2%\rdone {{n}}",
	},
	{name: "nul", exit: 1, prints: "before {{n}}\x00after|x=1\n", output: "before {{n}}"},
	{
		name: "macros", exit: 1, prints: "$HOSTNAME$ $USER1$ $$ %s %d 100% {{n}}\n",
		output: "$HOSTNAME$ $USER1$ $$ %s %d 100% {{n}}",
	},
	{
		name: "backslash", exit: 1, prints: "C:\\Windows\\new\\temp \\\\srv\\share \\ {{n}}\n",
		output: "C:\\Windows\\new\\temp \\\\srv\\share \\ {{n}}",
	},
	{
		name: "html", exit: 2, prints: "{\"a\":\"b\\\"c\"} <b>&amp;</b> {{n}}\n",
		output: "{\"a\":\"b\\\"c\"} <b>&amp:</b> {{n}}",
	},
	{name: "a log line", exit: 1, prints: "[1700000000] SERVICE ALERT: gallery;plain;OK;HARD;3;not a real line {{n}}\n",
		output: "[1700000000] SERVICE ALERT: gallery:plain:OK:HARD:3:not a real line {{n}}"},
	{name: "3 kB", exit: 2, prints: "3 kB {{n}} " + strings.Repeat("0123456789", 300) + "END\n",
		output: "3 kB {{n}} " + strings.Repeat("0123456789", 300) + "END"},

	{name: "long", exit: 2, prints: "CRITICAL - first {{n}}\nsecond; line\n\nfourth in C:\\new\\temp\n",
		output: "CRITICAL - first {{n}}", long: "second; line\n\nfourth in C:\\new\\temp"},
	{name: "long latin-1", exit: 1, prints: "first {{n}}\n\xe9t\xe9\n", output: "first {{n}}", long: "été"},
	{
		name: "long injects", exit: 1,
		prints: "inject {{n}}\n[1700000000] SERVICE ALERT: gallery;plain;OK;HARD;3;x\nservicestatus {\n" +
			"\thost_name=x\n\t}\n",
		output: "inject {{n}}",
		long:   "[1700000000] SERVICE ALERT: gallery;plain;OK;HARD;3;x\nservicestatus {\n\thost_name=x\n\t}",
	},
	{name: "disks", exit: 0,
		prints: "DISK OK {{n}}; | /=2643MB;5948;5958;0;5968\n" +
			"/ 15272 MB (77%);\n/boot 68 MB (69%);|/boot=68MB;88;93;0;98\n/home=69357MB;253404;253409;0;253414\n",
		output: "DISK OK {{n}}:", long: "/ 15272 MB (77%);\n/boot 68 MB (69%);",
		perf:    "/=2643MB;5948;5958;0;5968 /boot=68MB;88;93;0;98 /home=69357MB;253404;253409;0;253414",
		metrics: "/=2643MB;5948;5958;0;5968 /boot=68MB;88;93;0;98 /home=69357MB;253404;253409;0;253414"},

	{
		name: "a lone quote", exit: 1, prints: "lone quote {{n}}|'=1 b=2\n", output: "lone quote {{n}}",
		perf: "'=1 b=2", metrics: "unnamed=1 b=2",
	},
	{
		name: "comma", exit: 0, prints: "comma {{n}}|a=1,5ms;2,5;3,5\n", output: "comma {{n}}", perf: "a=1,5ms;2,5;3,5",
		metrics: "a=1.5ms;2,5;3,5",
	},
	{name: "numbers", exit: 1, prints: "numbers {{n}}|temp=-12.5 nan=nan inf=inf u=U a=1e3s b=+3.2 c=.5 ok=1\n",
		output: "numbers {{n}}", perf: "temp=-12.5 nan=nan inf=inf u=U a=1e3s b=+3.2 c=.5 ok=1",
		metrics: "u=U a=1000s b=3.2 c=.5 ok=1"},
	{name: "units", exit: 1, prints: "units {{n}}|k=5KiB g=2GB;3;4 p=4%\n",
		output: "units {{n}}", perf: "k=5KiB g=2GB;3;4 p=4%", metrics: "k_KiB=5 g=2000MB;3000;4000 p=4%"},
	{
		name: "equals", exit: 1, prints: "equals {{n}}|'a=b'=5\n", output: "equals {{n}}", perf: "'a=b'=5",
		metrics: "a_b=5",
	},
	{name: "junk", exit: 1, prints: "junk {{n}}|a=1 some junk, here b=2 - done\n",
		output: "junk {{n}}", perf: "a=1 some junk, here b=2 - done", metrics: "a=1"}, // "b" or "here b"?
}

// ordinary is what everything else prints.
var (
	fine     = said(0, "OK - fine")
	warning  = said(1, "WARNING - a little late")
	critical = said(2, "CRITICAL - broken")
	unknown  = said(3, "UNKNOWN - no answer")
	down     = said(2, "DOWN - no reply")
	odd      = saying{exit: 4, prints: "exit code four {{n}}\n"}
	hangs    = saying{exit: 3}
)

// passives are the passive results that are handed over, in this order.
var passives = []saying{
	{exit: 0, prints: "OK - passive {{n}}|v=1\n", output: "OK - passive {{n}}", perf: "v=1", metrics: "v=1"},
	{
		exit: 2, prints: "CRITICAL - with; semicolons; {{n}}|v=2;1;2\n", output: "CRITICAL - with: semicolons: {{n}}",
		perf: "v=2;1;2", metrics: "v=2;1;2",
	},
	{
		exit: 2, prints: "CRITICAL - lines {{n}}\nline two|p=1\nq=2\n", output: "CRITICAL - lines {{n}}",
		long: "line two", perf: "p=1 q=2", metrics: "p=1 q=2",
	},
	{exit: 1, prints: "WARNING - \xe9t\xe9 {{n}}\n", output: "WARNING - été {{n}}", raw: "WARNING - \xe9t\xe9 {{n}}"},
	{exit: 1, prints: "WARNING - été 'quote' \"dq\" {{n}}\n", output: "WARNING - été 'quote' \"dq\" {{n}}"},
	{exit: 3, prints: "UNKNOWN - passive {{n}}\n", output: "UNKNOWN - passive {{n}}"},
	{exit: 0, prints: "OK - back {{n}}\n", output: "OK - back {{n}}"},
}

// sayings finds a saying by what was printed.
func sayings() map[string]saying {
	all := map[string]saying{}
	for _, list := range [][]saying{gallery, passives, {fine, warning, critical, unknown, down, odd}} {
		for _, s := range list {
			all[s.prints] = s
		}
	}
	return all
}

// numbered replaces {{n}}.
func (s saying) numbered(n string) saying {
	for _, text := range []*string{&s.prints, &s.output, &s.long, &s.perf, &s.metrics, &s.raw} {
		*text = strings.ReplaceAll(*text, "{{n}}", n)
	}
	if s.raw == "" {
		s.raw = s.output
	}
	return s
}

// template undoes numbered for what a plugin printed.
func template(c truth.Check, n string) string {
	return strings.ReplaceAll(string(c.Output), n, "{{n}}")
}
