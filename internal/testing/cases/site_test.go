package cases

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// site is the directory in which a case is played, with its configuration.
type site struct {
	t    *testing.T
	from string // the case's folder
	dir  string
	now  int64 // Unix seconds; the case's times are counted from it
}

// pnpTemplate is the one that PNP4Nagios' documentation shows, with the output.
func pnpTemplate(class, service string) string {
	return fmt.Sprintf(`DATATYPE::%[1]sPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$%[2]s`+
		`\t%[1]sPERFDATA::$%[1]sPERFDATA$\t%[1]sCHECKCOMMAND::$%[1]sCHECKCOMMAND$`+
		`\t%[1]sSTATE::$%[1]sSTATE$\t%[1]sSTATETYPE::$%[1]sSTATETYPE$\t%[1]sOUTPUT::$%[1]sOUTPUT$`, class, service)
}

var usualMain = `log_file=@DIR@/nagios.log
log_archive_path=@DIR@/archives
status_file=@DIR@/status.dat
object_cache_file=@DIR@/objects.cache
command_file=@DIR@/rw/nagios.cmd
process_performance_data=1
log_service_retries=1
log_host_retries=1
host_perfdata_file=@DIR@/host-perfdata
service_perfdata_file=@DIR@/service-perfdata
host_perfdata_file_mode=a
service_perfdata_file_mode=a
host_perfdata_file_template=` + pnpTemplate("HOST", "") + `
service_perfdata_file_template=` + pnpTemplate("SERVICE", `\tSERVICEDESC::$SERVICEDESC$`) + `
`

const usualConfig = `supervisor: @DIR@/nagios.cfg
connector_name: t
readers: {log: {begin: beginning}, perfdata: {begin: beginning}}
journal: {path: @DIR@/journal.db, reserve: 64KiB}
quarantine: {path: @DIR@/quarantine.ndjson}
publish: {amqp: {enabled: false}, stdout: {enabled: true}}
`

// layOut copies a case's files into a new directory, and adds what it leaves out.
func layOut(t *testing.T, folder string) *site {
	t.Helper()
	s := &site{t: t, from: folder, dir: t.TempDir(), now: time.Now().Unix()}
	for _, name := range []string{"archives", "rw"} {
		if err := os.Mkdir(s.path(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.write("config.yml", s.fileOr("config.yml", usualConfig))
	input := filepath.Join(folder, "input")
	err := filepath.WalkDir(input, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(input, path)
		if d.IsDir() {
			return os.MkdirAll(s.path(name), 0o755)
		}
		s.write(name, s.read(path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.writeMissing("nagios.cfg", usualMain)
	s.writeMissing("nagios.log", "[@NOW@] Nagios 4.4.6 starting... (PID=4711)\n")
	return s
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

// placeholder is a place or a time that only the run knows.
var placeholder = regexp.MustCompile(`@DIR@|@NOW(-\d+)?@`)

// fill replaces the placeholders of a text.
func (s *site) fill(text []byte) []byte {
	return placeholder.ReplaceAllFunc(text, func(p []byte) []byte {
		if string(p) == "@DIR@" {
			return []byte(s.dir)
		}
		at := s.now
		if _, ago, found := bytes.Cut(bytes.Trim(p, "@"), []byte("-")); found {
			seconds, _ := strconv.ParseInt(string(ago), 10, 64)
			at -= seconds
		}
		return strconv.AppendInt(nil, at, 10)
	})
}

func (s *site) read(path string) []byte {
	s.t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return raw
}

// fileOr returns a file of the case's folder, or the usual text without one.
func (s *site) fileOr(name, usual string) []byte {
	raw, err := os.ReadFile(filepath.Join(s.from, name))
	if errors.Is(err, fs.ErrNotExist) {
		return []byte(usual)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return raw
}

func (s *site) write(name string, text []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), s.fill(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) writeMissing(name, text string) {
	s.t.Helper()
	if _, err := os.Lstat(s.path(name)); errors.Is(err, fs.ErrNotExist) {
		s.write(name, []byte(text))
	}
}

// has reports whether the case's folder holds a program of that name.
func (s *site) has(name string) bool {
	_, err := os.Stat(filepath.Join(s.from, name))
	return err == nil
}

// play runs a program of the case's folder, if it has one, to its end.
func (s *site) play(name string) {
	s.t.Helper()
	if !s.has(name) {
		return
	}
	program, err := filepath.Abs(filepath.Join(s.from, name))
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "DIR="+s.dir, "NOW="+strconv.FormatInt(s.now, 10))
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", name, err, strings.TrimSpace(string(out)))
	}
}
