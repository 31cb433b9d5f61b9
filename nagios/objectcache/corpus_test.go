package objectcache

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/corpus"
)

// TestCorpus reads whole caches of real supervisors. Excerpts of them are in
// testdata.
func TestCorpus(t *testing.T) {
	for name, want := range map[string]Stats{
		"nagios4/objects.cache":          {Hosts: 17, Services: 154, Hostgroups: 4, Servicegroups: 3},
		"icinga2/objects.cache.gz":       {Hosts: 17, Services: 154, Hostgroups: 4, Servicegroups: 3},
		"shinken/2.0.3/objects.cache.gz": {Hosts: 12, Services: 47, Hostgroups: 5, Servicegroups: 3},
		"shinken/3.0/objects.cache.gz":   {Hosts: 12, Services: 47, Hostgroups: 5, Servicegroups: 3},
	} {
		t.Run(name, func(t *testing.T) {
			inv, err := Parse(open(t, corpus.Dir(t, name)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, inv.Stats()); diff != "" {
				t.Error(diff)
			}
			for i := range inv.records {
				checkObject(t, inv, inv.entity(inv.records[i].objectKey))
			}
		})
	}
	// These versions of Shinken wrote nothing but the comment at the head.
	for _, version := range []string{"1.4", "2.4.4"} {
		_, err := Parse(open(t, corpus.Dir(t, "shinken/"+version+"/objects.cache.gz")))
		if !errors.Is(err, ErrIncomplete) {
			t.Errorf("Shinken %s: got %v", version, err)
		}
	}
}

func open(t *testing.T, path string) io.Reader {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if !strings.HasSuffix(path, ".gz") {
		return f
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
