package perfdata

import (
	"bytes"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// FuzzTemplate compiles a template and reads a line with it: no panic, no
// invented bytes, and a record is complete.
func FuzzTemplate(f *testing.F) {
	f.Add(DefaultServiceTemplate, "[SERVICEPERFDATA]\t1795424199\th\ts\t0.144\t0.000\tcol1\tcol2\tt=1", true)
	f.Add(DefaultHostTemplate, "[HOSTPERFDATA]\t1795424197\tsrv\t0.126\tPING OK\t", false)
	f.Add(richTemplate,
		"[S]\t1795448270\th\ts\tOK\t0\tHARD\t1\t3\t0.008\t0.001\tout\tl\\n\\\\\ta=1\tc\t1\tACTIVE\tUP\t\t", true)
	f.Add(pnpServiceTemplate, "DATATYPE::SERVICEPERFDATA\tTIMET::1\tHOSTNAME::h\tSERVICEDESC::s\tSERVICESTATE::OK",
		true)
	f.Add("$TIMET$ $HOSTNAME$ $HOSTSTATEID$ $HOSTOUTPUT$|$HOSTPERFDATA$", "1 a b 2 x | y|z=1", false)
	f.Add("<$$$TIMET$|$HOSTNAME$>", "<$1|h>", false)
	f.Fuzz(func(t *testing.T, template, line string, service bool) {
		class := Host
		if service {
			class = Service
		}
		format, err := Compile(template, class)
		if err != nil {
			return
		}
		record, _, err := format.Parse(line)
		if err != nil {
			return
		}
		checkRecord(t, record, line)
	})
}

// FuzzPairs reads any bytes as a KEY::VALUE line.
func FuzzPairs(f *testing.F) {
	f.Add("DATATYPE::SERVICEPERFDATA\tTIMET::1700000000\tHOSTNAME::h\tSERVICEDESC::s" +
		"\tSERVICEPERFDATA::a=1\tb=2\tSERVICESTATE::CRITICAL\tSERVICESTATETYPE::HARD")
	f.Add("DATATYPE::HOSTCHECK\tTIMET::1700000000.5\t" + `HOSTNAME::h\\	HOSTOUTPUT::a\tb\0\n` +
		"\tLASTHOSTCHECK::0\tHOSTATTEMPT::3")
	f.Add("HOSTNAME::$HOSTNAME$\tDATATYPE::HOSTPERFDATA\t::\tTIMET::")
	f.Fuzz(func(t *testing.T, line string) {
		record, _, err := Pairs().Parse(line)
		if err != nil {
			return
		}
		checkRecord(t, record, line)
	})
}

func checkRecord(t *testing.T, r supervision.Record, line string) {
	t.Helper()
	c := r.Check
	if r.Entity.Host == "" || r.Time.Unix() < 0 || c == nil {
		t.Fatalf("%q gave %+v", line, r)
	}
	kept := len(c.Output) + len(c.Perfdata) + len(c.LongOutput) + len(c.Command) + len(r.Entity.Host) +
		len(r.Entity.Service)
	for _, value := range c.Extra {
		kept += len(value)
	}
	if kept > len(line) {
		t.Fatalf("%q gave more than it holds: %+v", line, c)
	}
	if c.State < supervision.StateNotReported || c.State > supervision.Unknown ||
		r.Entity.IsHost() && c.State > supervision.Unreachable {
		t.Fatalf("%q gave state %d", line, c.State)
	}
}

// FuzzCollector feeds lines as they come from a pipe: nothing is dropped
// without a word.
func FuzzCollector(f *testing.F) {
	f.Add([]byte("[SERVICEPERFDATA]\t1\th\ts\t0\t0\tcut[SERVICEPERFDATA]\t2\th\ts\t0\t0\tout\ta=1\n\n"+
		"DATATYPE::HOSTCHECK\tTIMET::1\tHOSTNAME::h\nrest"), 7)
	f.Add([]byte("DATATYPE::HOSTPERFDATA\tTIMET::1\tHOSTNAME::h\tHOSTOUTPUT::a\n\nb\n\n\x00DATATYPE::x\n\x00\n"), 9)
	f.Fuzz(func(t *testing.T, input []byte, step int) {
		service, err := Compile(DefaultServiceTemplate, Service)
		if err != nil {
			t.Fatal(err)
		}
		c := newCollector("fuzz", []*Format{service, Pairs()})
		var buffer lineBuffer
		lines := 0
		reader := bytes.NewReader(input)
		for reader.Len() > 0 {
			if _, err := buffer.fill(func(b []byte) (int, error) {
				return reader.Read(b[:min(len(b), 1+step&0xff)])
			}); err != nil {
				t.Fatal(err)
			}
			buffer.cut(func(line []byte, offset int64) {
				lines++
				if !bytes.Equal(input[offset:offset+int64(len(line))], line) {
					t.Fatalf("line %q is not at %d", line, offset)
				}
				c.add(line, place{file: "f"}, offset)
			}, func([]byte, int64) { t.Fatal("too long") })
		}
		c.settle()
		glued := 0
		for _, r := range c.batch.Rejected {
			if r.Reason == reasonCut {
				glued++
			}
			if !bytes.Contains(input, r.Raw) {
				t.Fatalf("%q was not in the input", r.Raw)
			}
		}
		got := len(c.batch.Records) + len(c.batch.Rejected) + c.batch.Skipped[skipEmpty] +
			c.batch.Skipped[skipFurther] - glued
		if got != lines || lines != strings.Count(string(input), "\n") {
			t.Fatalf("%d lines, %d accounted for", lines, got)
		}
	})
}
