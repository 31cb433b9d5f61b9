package perfdata

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Whatever the order of the macros and whatever the text between them, values
// that don't hold that text come out as they went in.
func TestRenderThenParse(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	separators := []string{"\t", "|", " ; ", "\t\t", "::", "</a><b>"}
	alphabet := []rune("abcé =',%$ \\/x.1\x7f\x01日")
	text := func(n int) string {
		var b strings.Builder
		for range random.IntN(n) {
			b.WriteRune(alphabet[random.IntN(len(alphabet))])
		}
		return b.String()
	}
	for range 5000 {
		values := map[string]string{
			"TIMET":                fmt.Sprint(1 + random.Int64N(4e9)),
			"HOSTNAME":             "h" + text(10),
			"SERVICEDESC":          "s" + text(10),
			"SERVICEOUTPUT":        text(40),
			"SERVICEPERFDATA":      text(40),
			"SERVICECHECKCOMMAND":  text(20),
			"SERVICESTATE":         []string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[random.IntN(4)],
			"SERVICEATTEMPT":       fmt.Sprint(random.IntN(10)),
			"SERVICEEXECUTIONTIME": fmt.Sprintf("%.3f", random.Float64()*100),
			"_HOSTNOTE":            text(15),
		}
		macros := make([]string, 0, len(values))
		for macro := range values {
			macros = append(macros, macro)
		}
		random.Shuffle(len(macros), func(i, j int) { macros[i], macros[j] = macros[j], macros[i] })
		sep := separators[random.IntN(len(separators))]
		template := "[X]" + sep + "$" + strings.Join(macros, "$"+sep+"$") + "$"

		line := "[X]"
		for _, macro := range macros {
			line += sep + values[macro]
		}
		got, _, err := mustCompile(t, template, Service).Parse(line)
		if err != nil {
			t.Fatalf("%q of %q: %v", line, template, err)
		}
		c := got.Check
		back := map[string]string{
			"TIMET":                fmt.Sprint(got.Time.Unix()),
			"HOSTNAME":             got.Entity.Host,
			"SERVICEDESC":          got.Entity.Service,
			"SERVICEOUTPUT":        c.Output,
			"SERVICEPERFDATA":      c.Perfdata,
			"SERVICECHECKCOMMAND":  c.Command,
			"SERVICESTATE":         []string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[c.State],
			"SERVICEATTEMPT":       fmt.Sprint(c.Attempt),
			"SERVICEEXECUTIONTIME": fmt.Sprintf("%.3f", c.Execution),
			"_HOSTNOTE":            c.Extra["_HOSTNOTE"],
		}
		if diff := cmp.Diff(values, back); diff != "" {
			t.Fatalf("%q of %q, -want +got:\n%s", line, template, diff)
		}
	}
}

// What a broker module escapes comes back byte by byte.
func TestEscapeThenParse(t *testing.T) {
	escape := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)
	random := rand.New(rand.NewPCG(3, 4))
	alphabet := "\\\t\n\r\x00ntr0:A\xff "
	for range 5000 {
		text := func() string {
			b := make([]byte, random.IntN(12))
			for i := range b {
				b[i] = alphabet[random.IntN(len(alphabet))]
			}
			return string(b)
		}
		output, long, perf := text(), text(), text()
		line := "DATATYPE::HOSTCHECK\tTIMET::5\tHOSTNAME::h\tHOSTOUTPUT::" + escape.Replace(output) +
			"\tLONGHOSTOUTPUT::" + escape.Replace(long) + "\tHOSTPERFDATA::" + escape.Replace(perf)
		got, _, err := Pairs().Parse(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		want := checkOf("h", "", 5, func(c *supervision.Check) {
			c.Output, c.LongOutput, c.Perfdata = output, long, perf
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q, -want +got:\n%s", line, diff)
		}
	}
}
