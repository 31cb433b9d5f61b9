package livestatus

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/corpus"
)

// TestRecordedAnswers: the answers of a real Icinga 2 and a real Shinken are read as
// encoding/json reads them, without a fault.
func TestRecordedAnswers(t *testing.T) {
	read := 0
	for _, recording := range []string{"icinga2/livestatus", "shinken/livestatus-2.4"} {
		dir := corpus.Dir(t, recording)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			name := entry.Name()
			if strings.Contains(name, ".answer") || strings.Contains(name, ".response") {
				if recordedAnswer(t, filepath.Join(dir, name)) {
					read++
				}
			}
		}
	}
	if read < 60 {
		t.Errorf("only %d answers were read", read)
	}
}

// recordedAnswer compares one answer, and reports whether it is one with rows.
func recordedAnswer(t *testing.T, path string) bool {
	t.Helper()
	text := unpacked(t, path)
	if len(text) < headerSize {
		return false
	}
	code, length, ok := parseHeader(text[:headerSize])
	body := text[headerSize:]
	if !ok || code != CodeOK || int64(len(body)) < length {
		return false // of another format, refused, or cut by the one who asked
	}
	body = body[:length]
	var want [][]any
	if json.Unmarshal(body, &want) != nil {
		return false
	}
	rows, answer, err := collect(bytes.NewReader(body))
	if err != nil || len(answer.Faults) > 0 {
		t.Errorf("%s: %v, faults %v", filepath.Base(path), err, answer.Faults)
		return true
	}
	compareRows(t, rows, want)
	return true
}

func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var from io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if from, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
