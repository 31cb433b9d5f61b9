package shinkentest

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/corpus"
)

// brok is one of a recording.
type brok struct {
	T        float64        `json:"t"`
	Note     string         `json:"note"`
	Type     string         `json:"type"`
	ID       int            `json:"id"`
	Instance *int           `json:"instance_id"`
	Data     map[string]any `json:"data"`
}

// object is a host, or with a service one of its services.
type object struct{ host, service string }

func (b brok) object() object {
	service, _ := b.Data["service_description"].(string)
	return object{b.Data["host_name"].(string), service}
}

func (b brok) isResult() bool { return strings.HasSuffix(b.Type, "_check_result") }

func (b brok) isInitial() bool {
	return b.Type == "initial_host_status" || b.Type == "initial_service_status"
}

func (b brok) isStatus() bool {
	return b.isInitial() || b.Type == "update_host_status" || b.Type == "update_service_status"
}

// things returns the attributes of the objects in a list.
func (b brok) things(field string) []map[string]any {
	var result []map[string]any
	list, _ := b.Data[field].([]any)
	for _, each := range list {
		result = append(result, each.(map[string]any)["__dict__"].(map[string]any))
	}
	return result
}

// recording is a run of Shinken.
type recording struct {
	file     string
	lives    [][]brok // of each module instance, in the order in which the schedulers made them
	logs     []brok
	commands []command
}

// command is an external command of the scenario.
type command struct {
	time float64
	name string
	args []string
}

// object is the one that a command is about, and what follows its names.
func (c command) object() (object, []string) {
	if strings.Contains(c.name, "_SVC_") && !strings.Contains(c.name, "_HOST_SVC_") && len(c.args) > 1 {
		return object{c.args[0], c.args[1]}, c.args[2:]
	}
	return object{host: c.args[0]}, c.args[1:]
}

// wantedWords are in the lines that need to be parsed; the others are many.
var wantedWords = []string{
	`"get_instance"`, `"log"`, `"program_status"`, `_check_result"`,
	`"initial_host_status"`, `"initial_service_status"`, `"update_host_status"`, `"update_service_status"`,
}

func isWanted(line []byte) bool {
	return slices.ContainsFunc(wantedWords, func(word string) bool { return bytes.Contains(line, []byte(word)) })
}

// restart: a number that is so much lower than the highest is that of a new
// process. So it is in these recordings.
const restart = 1000

func readRecording(t testing.TB, file, scenario string) recording {
	r := recording{file: file}
	var process []brok // of one scheduler process
	highest := -1
	finish := func() {
		slices.SortStableFunc(process, func(a, b brok) int { return cmp.Compare(a.ID, b.ID) })
		if len(r.lives) > 0 {
			r.lives[len(r.lives)-1] = append(r.lives[len(r.lives)-1], process...)
		}
		process, highest = nil, -1
	}
	eachLine(t, file, func(line []byte) {
		if !isWanted(line) {
			return
		}
		var b brok
		if err := json.Unmarshal(line, &b); err != nil {
			t.Fatal(err)
		}
		switch {
		case b.Note == "get_instance":
			finish()
			r.lives = append(r.lives, nil)
		case b.Note != "":
		case b.Type == "log":
			r.logs = append(r.logs, b)
		case b.isResult() || b.isStatus() || b.Type == "program_status":
			if b.ID < highest-restart {
				finish()
			}
			highest = max(highest, b.ID)
			process = append(process, b)
		}
	})
	finish()
	line := regexp.MustCompile(`^\[(\d+)\] (\w+);?(.*)`)
	eachLine(t, scenario, func(text []byte) {
		if m := line.FindSubmatch(text); m != nil {
			seconds, _ := strconv.ParseFloat(string(m[1]), 64)
			r.commands = append(r.commands, command{seconds, string(m[2]), strings.Split(string(m[3]), ";")})
		}
	})
	return r
}

func eachLine(t testing.TB, file string, do func(line []byte)) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		do(lines.Bytes())
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
}

var versions = []string{"1.4", "2.4.4", "3.0"}

// excerpts returns those of testdata, by version: the broks and the scenario.
func excerpts() map[string][2]string {
	result := map[string][2]string{}
	for _, version := range versions {
		result[version] = [2]string{
			filepath.Join(here(), "testdata", "broks-"+version+".ndjson.gz"),
			filepath.Join(here(), "testdata", "scenario-"+version+".log.gz"),
		}
	}
	return result
}

// wholeRecordings returns what the excerpts were made of.
func wholeRecordings(t testing.TB) map[string][2]string {
	t.Helper()
	dir := corpus.Dir(t, "shinken")
	result := map[string][2]string{}
	for _, version := range versions {
		result[version] = [2]string{
			filepath.Join(dir, "broks-"+version+".ndjson.gz"),
			filepath.Join(dir, version, "scenario.log.gz"),
		}
	}
	return result
}
