package objectcache

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
)

const (
	manyHosts       = 10_000
	servicesPerHost = 10
)

// largeCache writes a cache of 10,000 hosts and 100,000 services in Nagios'
// form, about 110 MB, as it is read.
func largeCache() io.Reader {
	r, w := io.Pipe()
	go func() {
		var block bytes.Buffer
		random := rand.New(rand.NewPCG(1, 2))
		for h := range manyHosts {
			block.Reset()
			fmt.Fprintf(&block, "define host {\n\thost_name\tsrv-%05d.example.com\n\talias\tServer number %d\n"+
				"\taddress\t10.0.%d.%d\n\tparents\tsrv-%05d.example.com\n\tcheck_command\tcheck_ping!%d!80%%\n"+
				"%s\thost_groups\tall,site-%d\n\tnotes_url\thttp://wiki.example.com/host/srv-%05d\n\t_ASSET\tA%08d\n"+
				"\t}\n\n",
				h, h, h/256, h%256, h/20, random.IntN(500), commonProperties, h%40, h, random.IntN(1e8))
			for s := range servicesPerHost {
				fmt.Fprintf(&block, "define service {\n\thost_name\tsrv-%05d.example.com\n"+
					"\tservice_description\tService %d of %d\n"+
					"\tcheck_command\tcheck_nrpe!check_something!-w %d -c %d\n%s\tservice_groups\tkind-%d\n"+
					"\tnotes_url\thttp://wiki.example.com/$HOSTNAME$/$SERVICEDESC$\n\t_OWNER\tteam-%d\n\t}\n\n",
					h, s, h, random.IntN(1000), random.IntN(1000), commonProperties, s, random.IntN(30))
			}
			if _, err := w.Write(block.Bytes()); err != nil {
				return
			}
		}
		w.Close()
	}()
	return r
}

const commonProperties = "\tcheck_period\t24x7\n\tcontact_groups\tadmins\n\tnotification_period\t24x7\n" +
	"\tinitial_state\to\n\timportance\t0\n\tcheck_interval\t5.000000\n\tretry_interval\t1.000000\n" +
	"\tmax_check_attempts\t3\n\tis_volatile\t0\n\tparallelize_check\t1\n\tactive_checks_enabled\t1\n" +
	"\tpassive_checks_enabled\t1\n\tobsess\t1\n\tevent_handler_enabled\t1\n" +
	"\tlow_flap_threshold\t0.000000\n\thigh_flap_threshold\t0.000000\n\tflap_detection_enabled\t1\n" +
	"\tflap_detection_options\ta\n\tfreshness_threshold\t0\n\tcheck_freshness\t0\n" +
	"\tnotification_options\tr,w,u,c,f,s\n\tnotifications_enabled\t1\n" +
	"\tnotification_interval\t60.000000\n\tfirst_notification_delay\t0.000000\n\tstalking_options\tn\n" +
	"\tprocess_perf_data\t1\n\tretain_status_information\t1\n\tretain_nonstatus_information\t1\n"

// 60 MB is what may be spent; the bound here is tighter so that a loss of
// compactness shows.
func TestMemoryOfALargeCache(t *testing.T) {
	const bound = 32 << 20
	before := heapInUse()
	inv, err := Parse(largeCache())
	if err != nil {
		t.Fatal(err)
	}
	used := heapInUse() - before
	if got := inv.Stats(); got.Hosts != manyHosts || got.Services != manyHosts*servicesPerHost || got.Malformed != 0 {
		t.Fatalf("parsed %+v", got)
	}
	t.Logf("%d hosts and services take %.1f MB", len(inv.records), float64(used)/1e6)
	if used > bound {
		t.Errorf("%d hosts and services take %d bytes, more than %d", len(inv.records), used, bound)
	}
	runtime.KeepAlive(inv)
}

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkParse(b *testing.B) {
	data, err := io.ReadAll(largeCache())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkObject(b *testing.B) {
	inv, err := Parse(largeCache())
	if err != nil {
		b.Fatal(err)
	}
	e := service("srv-05000.example.com", "Service 5 of 5000")
	b.ReportAllocs()
	for b.Loop() {
		if inv.Object(e) == nil {
			b.Fatal("unknown")
		}
	}
}
