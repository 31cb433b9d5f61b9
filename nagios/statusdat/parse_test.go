package statusdat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// parsed is a copy of a block.
type parsed struct {
	Kind   Kind
	Line   int
	Raw    string
	Fault  string
	Fields map[string]string
}

func parseAll(r io.Reader) ([]parsed, error) {
	var blocks []parsed
	err := NewParser().Parse(r, func(b *Block) error {
		blocks = append(blocks, copyOf(b))
		return nil
	})
	return blocks, err
}

func copyOf(b *Block) parsed {
	p := parsed{Kind: b.Kind, Line: b.Line, Raw: string(b.Raw), Fault: b.Fault, Fields: map[string]string{}}
	for key := noKey + 1; key < keyCount; key++ {
		if value := b.Field(key); value != nil {
			p.Fields[key.String()] = string(value)
		}
	}
	return p
}

var kindNames = map[string]Kind{
	"info": Info, "programstatus": ProgramStatus, "hoststatus": HostStatus, "servicestatus": ServiceStatus,
	"hostcomment": HostComment, "servicecomment": ServiceComment,
	"hostdowntime": HostDowntime, "servicedowntime": ServiceDowntime, "contactstatus": Other,
}

func TestParseSeesWhatANaiveReaderSees(t *testing.T) {
	for _, path := range []string{"nagios4.dat", "icinga2.dat", "shinken3.dat"} {
		t.Run(path, func(t *testing.T) { compareWithNaive(t, readFile(t, filepath.Join("testdata", path))) })
	}
}

func compareWithNaive(t *testing.T, text []byte) {
	t.Helper()
	got, err := parseAll(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := readNaively(text)
	if len(got) != len(want) {
		t.Fatalf("%d blocks, want %d", len(got), len(want))
	}
	for i, w := range want {
		expected := parsed{Kind: kindNames[w.kind], Raw: got[i].Raw, Fields: map[string]string{},
			Line: 1 + bytes.Count(text[:bytes.Index(text, []byte(got[i].Raw))], []byte("\n"))}
		for key, value := range w.fields {
			if keysByName[key] != noKey {
				isStatus := w.kind == "hoststatus" || w.kind == "servicestatus"
				if !isStatus || keysByName[key] <= ProcessPerformanceData {
					expected.Fields[key] = value
				}
			}
		}
		if diff := cmp.Diff(expected, got[i]); diff != "" {
			t.Fatalf("block %d: %s", i, diff)
		}
	}
}

func TestParse(t *testing.T) {
	long := strings.Repeat("x", MaxBlock)
	tests := []struct {
		name, text string
		want       []parsed
		err        error
	}{
		{name: "empty"},
		{name: "comments and blank lines", text: "# a\n\n# b {\n"},
		{name: "spellings of Nagios 2",
			text: "program {\n\t}\nhost {\n\thost_name=a\n\t}\nservice {\n\thost_name=a\n\tservice_description=b\n" +
				"\t}\n",
			want: []parsed{
				{Kind: ProgramStatus, Line: 1, Raw: "program {\n\t}\n"},
				{
					Kind: HostStatus, Line: 3, Raw: "host {\n\thost_name=a\n\t}\n",
					Fields: map[string]string{"host_name": "a"},
				},
				{Kind: ServiceStatus, Line: 6, Raw: "service {\n\thost_name=a\n\tservice_description=b\n\t}\n",
					Fields: map[string]string{"host_name": "a", "service_description": "b"}},
			}},
		{name: "values keep everything but the newline",
			text: "hoststatus {\n\thost_name=a = b\t{ \r\n\tplugin_output=}\n\tperformance_data=\n\t}\n",
			want: []parsed{
				{
					Kind: HostStatus, Line: 1,
					Raw:    "hoststatus {\n\thost_name=a = b\t{ \r\n\tplugin_output=}\n\tperformance_data=\n\t}\n",
					Fields: map[string]string{"host_name": "a = b\t{ \r", "plugin_output": "}", "performance_data": ""},
				},
			}},
		{name: "the last of two counts, a name must be whole",
			text: "hoststatus {\n\thost_name=a\n\thost_name=b\n\tlast_check_time=5\n\tacknowledgement_end_time=7\n" +
				"\tcurrent_event_id=8\n\thost_name\n\t}\n",
			want: []parsed{{Kind: HostStatus, Line: 1,
				Raw: "hoststatus {\n\thost_name=a\n\thost_name=b\n\tlast_check_time=5\n" +
					"\tacknowledgement_end_time=7\n\tcurrent_event_id=8\n\thost_name\n\t}\n",
				Fields: map[string]string{"host_name": "b"}}}},
		{name: "a comment goes on in the next lines",
			text: "hostcomment {\n\thost_name=a\n\tcomment_data=one\ntwo\n\nthree\n\tauthor=b\n\tsource=1\nx\n\t}\n",
			want: []parsed{
				{
					Kind: HostComment, Line: 1,
					Raw: "hostcomment {\n\thost_name=a\n\tcomment_data=one\ntwo\n\nthree\n\tauthor=b\n\tsource=1\n" +
						"x\n\t}\n",
					Fields: map[string]string{"host_name": "a", "comment_data": "one\ntwo\n\nthree", "author": "b"},
				},
			}},
		{name: "an output goes on in the next line, even one that begins like a key",
			text: "hoststatus {\n\tplugin_output=one\nxhost_name=two\n\t}\n",
			want: []parsed{{Kind: HostStatus, Line: 1, Raw: "hoststatus {\n\tplugin_output=one\nxhost_name=two\n\t}\n",
				Fields: map[string]string{"plugin_output": "one\nxhost_name=two"}}}},
		{name: "a block that is not closed",
			text: "hoststatus {\n\thost_name=a\ninfo {\n\tcreated=1\n\t}\n",
			want: []parsed{
				{Kind: Malformed, Line: 1, Raw: "hoststatus {\n\thost_name=a\n", Fault: "the block is not closed"},
				{Kind: Info, Line: 3, Raw: "info {\n\tcreated=1\n\t}\n", Fields: map[string]string{"created": "1"}},
			}},
		{name: "a line that is nothing",
			text: "\t}\ninfo {\n\t}\nnonsense\n",
			want: []parsed{
				{Kind: Malformed, Line: 1, Raw: "\t}", Fault: "neither a block nor a comment"},
				{Kind: Info, Line: 2, Raw: "info {\n\t}\n"},
				{Kind: Malformed, Line: 4, Raw: "nonsense", Fault: "neither a block nor a comment"},
			}},
		{name: "too long, then goes on",
			text: "hoststatus {\n\thost_name=" + long + "\n\tx=y\n\t}\ninfo {\n\t}\n",
			want: []parsed{
				{
					Kind: Malformed, Line: 1,
					Raw:   "hoststatus {\n\thost_name=" + long[:supervision.RawKept-len("hoststatus {\n\thost_name=")],
					Fault: "the block is longer than 1048576 bytes",
				},
				{Kind: Info, Line: 5, Raw: "info {\n\t}\n"},
			}},
		{name: "cut in a block", text: "info {\n\t}\nhoststatus {\n\thost_name=a\n", err: ErrTruncated,
			want: []parsed{{Kind: Info, Line: 1, Raw: "info {\n\t}\n"}}},
		{name: "cut in the last line", text: "info {\n\t}\ninfo {\n\t}", err: ErrTruncated,
			want: []parsed{{Kind: Info, Line: 1, Raw: "info {\n\t}\n"}}},
		{name: "cut in a header", text: "info {\n\t}\nhostst", err: ErrTruncated,
			want: []parsed{{Kind: Info, Line: 1, Raw: "info {\n\t}\n"}}},
		{name: "cut in a block that is too long", text: "info {\n" + long, err: ErrTruncated,
			want: []parsed{{
				Kind: Malformed, Line: 1, Raw: "info {\n" + long[:supervision.RawKept-len("info {\n")],
				Fault: "the block is longer than 1048576 bytes",
			}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for i := range test.want {
				if test.want[i].Fields == nil {
					test.want[i].Fields = map[string]string{}
				}
			}
			got, err := parseAll(strings.NewReader(test.text))
			if !errors.Is(err, test.err) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseTakesABlockOfAnySizeUpToTheBound(t *testing.T) {
	const frame = len("hoststatus {\n\tplugin_output=\n\t}\n")
	for _, size := range []int{readSize - frame - 1, readSize - frame, readSize, 3*readSize + 1, MaxBlock - frame} {
		value := strings.Repeat("y", size)
		text := statusFile(1, "hoststatus {\n\tplugin_output="+value+"\n\t}\n", host())
		blocks, err := parseAll(strings.NewReader(text))
		if err != nil || len(blocks) != 4 || blocks[2].Fields["plugin_output"] != value {
			t.Errorf("size %d: %d blocks, error %v", size, len(blocks), err)
		}
	}
}

func TestParseIsTheSameForAnyChunking(t *testing.T) {
	text := readFile(t, filepath.Join("testdata", "nagios4.dat"))
	want, err := parseAll(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	readers := map[string]io.Reader{
		"byte by byte":   iotest.OneByteReader(bytes.NewReader(text)),
		"halves":         iotest.HalfReader(bytes.NewReader(text)),
		"data with EOF":  iotest.DataErrReader(bytes.NewReader(text)),
		"sevens":         &chunks{text: text, size: 7},
		"63":             &chunks{text: text, size: 63},
		"a thousand one": &chunks{text: text, size: 1001},
	}
	for name, r := range readers {
		t.Run(name, func(t *testing.T) {
			got, err := parseAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// chunks returns text in parts of one size.
type chunks struct {
	text []byte
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.text) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.text[:min(c.size, len(c.text))])
	c.text = c.text[n:]
	return n, nil
}

func TestParsePassesErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	_, err := parseAll(io.MultiReader(strings.NewReader("info {\n"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("error of the reader: %v", err)
	}
	err = NewParser().Parse(strings.NewReader(statusFile(1)), func(*Block) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("error of the callback: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(statusFile(1, host("long_plugin_output=a\nb"), userComment(1, 2, "c"))), 7)
	f.Add([]byte(service()+"#\n"+downtimeBlock()), 64)
	f.Add([]byte("program {\n\tenable_flap_detection=1\n\t}\nrubbish\ninfo {\n"), 3)
	f.Add([]byte("hoststatus {\n\thost_name=a\nhost {\n\t}\n\n\t}\n"), 1)
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		whole, wholeErr := parseAll(bytes.NewReader(text))
		parts, partsErr := parseAll(&chunks{text: text, size: max(1, size%200)})
		if diff := cmp.Diff(whole, parts); diff != "" {
			t.Error("depends on the chunks:", diff)
		}
		if fmt.Sprint(wholeErr) != fmt.Sprint(partsErr) {
			t.Errorf("error %v, in chunks %v", wholeErr, partsErr)
		}
		checkBlocks(t, text, whole)
	})
}

// checkBlocks verifies what is true of the blocks of any text: they stand there
// in this order, at the lines that they report, and both scans see the same.
func checkBlocks(t *testing.T, text []byte, blocks []parsed) {
	t.Helper()
	line := 1
	slow := &Parser{}
	for _, b := range blocks {
		at := bytes.Index(text, []byte(b.Raw))
		if at < 0 {
			t.Fatalf("%q is not in the text", b.Raw)
		}
		for ; line < b.Line; line++ {
			_, text, _ = bytes.Cut(text, []byte("\n"))
		}
		if line != b.Line || !bytes.HasPrefix(text, []byte(b.Raw)) {
			t.Fatalf("line %d does not begin with %q", b.Line, b.Raw)
		}
		if b.Kind == Info {
			slow.raw = dialectOf([]byte(b.Fields["version"]), []byte(b.Fields["created"])).escaping == escapesNothing
		}
		if b.Kind != HostStatus && b.Kind != ServiceStatus {
			continue
		}
		slow.block = Block{Kind: b.Kind}
		head, _, _ := strings.Cut(b.Raw, "\n")
		slow.scanLines([]byte(b.Raw), len(head)+1, strings.HasSuffix(head, "\r"))
		for key := range keyCount {
			if key <= ProcessPerformanceData && string(slow.block.Field(key)) != b.Fields[key.String()] {
				t.Fatalf("%s: fast %q, slow %q", key, b.Fields[key.String()], slow.block.Field(key))
			}
		}
	}
}
