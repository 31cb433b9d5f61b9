package follow

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzOperations does what writers, rotators and administrators do, in any
// order, and compares what was delivered with what was written.
func FuzzOperations(f *testing.F) {
	for _, letters := range []string{
		"aahaar", "ahrahRaasaahCasrarars", "sarararsasahrsRa", "CaCasCahCraCRCsa", "ahDasDaraeraeass",
	} {
		var operations []byte
		for _, letter := range []byte(letters) {
			operations = append(operations, byte(strings.IndexByte(operationLetters, letter)))
		}
		f.Add(false, operations)
		f.Add(true, operations)
	}
	f.Fuzz(func(t *testing.T, tail bool, operations []byte) {
		engine := Direct
		if tail {
			engine = Tail
		}
		m := newModel(t, engine)
		for _, operation := range operations[:min(len(operations), 40)] {
			m.do(operationLetters[int(operation)%len(operationLetters)])
		}
		m.sync()
		m.running.stop()
		m.collect()
		if !slices.Equal(m.got, m.want) {
			t.Fatalf("%q: %s", operations, difference(m.want, m.got))
		}
	})
}

// operationLetters: append, half a line, rotate in three ways, copytruncate,
// delete, stop or start the follower. See model.do.
const operationLetters = "ahrReCDs"

// model does the operations and knows what must be delivered.
type model struct {
	*dir
	want, got []string
	half      string // written to the live file without a newline
	next      int
	archives  int
	running   *reading
	position  *Position
}

func newModel(t *testing.T, engine Engine) *model {
	m := &model{dir: newDir(t, engine)}
	m.options.Poll, m.options.Grace = time.Millisecond, 2*time.Millisecond
	m.running = m.follow(nil)
	m.running.end() // what is rotated away before the first look is not ours
	return m
}

func (m *model) do(operation byte) {
	switch operation {
	case 'a':
		m.line()
	case 'h':
		if m.half == "" {
			m.half = m.text()[:20]
			m.append("", m.half)
		}
	case 'r': // the writer ends its line in the renamed file
		if name, ok := m.rotate(); ok {
			m.endHalf(name)
			m.line()
		}
	case 'R': // the writer dies in the middle of a line
		if _, ok := m.rotate(); ok {
			m.half = ""
			m.line()
		}
	case 'e': // empty until the writer reloads
		if _, ok := m.rotate(); ok {
			m.half = ""
			m.append("", "")
		}
	case 'C':
		m.endHalf("")
		m.sync()
		m.line()
		if m.running != nil {
			m.sync()
		}
		m.archives++
		m.copy("", m.archive())
		m.nextInstant()
		m.replace("", "")
		m.line()
	case 'D':
		if m.next == 0 {
			return
		}
		m.endHalf("")
		m.sync()
		m.remove("")
		m.line()
	case 's':
		if m.running == nil {
			m.running = m.follow(m.position)
			return
		}
		m.running.end()
		m.position = m.running.stop()
		m.collect()
		m.running = nil
	}
}

func (m *model) text() string {
	m.next++
	return fmt.Sprintf("[%d] line %d of many", 1700000000+m.next, m.next)
}

func (m *model) line() {
	if m.half != "" {
		m.endHalf("")
		return
	}
	line := m.text()
	m.append("", line+"\n")
	m.want = append(m.want, line)
}

func (m *model) endHalf(name string) {
	if m.half == "" {
		return
	}
	m.append(name, " and its rest\n")
	m.want = append(m.want, m.half+" and its rest")
	m.half = ""
}

func (m *model) archive() string { return fmt.Sprintf(".%04d", m.archives) }

func (m *model) rotate() (name string, ok bool) {
	if m.next == 0 {
		return "", false
	}
	m.archives++
	m.rename("", m.archive())
	m.nextInstant()
	return m.archive(), true
}

// nextInstant waits until the clock of the file system has moved on. Rotations
// within one of its ticks (4 ms here and there) can't all be distinguished.
func (m *model) nextInstant() {
	stamp := func() time.Time {
		m.replace("clock", "x")
		info, err := os.Stat(m.to("clock"))
		m.check(err)
		return info.ModTime()
	}
	for began := stamp(); !stamp().After(began); {
		runtime.Gosched()
	}
}

// sync waits until all is delivered.
func (m *model) sync() {
	if m.running == nil {
		m.running = m.follow(m.position)
	}
	missing := len(m.want) - len(m.got)
	if missing < 0 {
		m.Fatalf("delivered too much: %s", difference(m.want, m.got))
	}
	m.running.until(fmt.Sprintf("%q", last(m.want, missing)), func() bool { return len(m.running.lines) >= missing })
	m.running.end()
}

func (m *model) collect() { m.got = append(m.got, m.running.lines...) }
