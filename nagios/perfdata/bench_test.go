package perfdata

import "testing"

func BenchmarkCollector(b *testing.B) {
	for _, bench := range []struct{ name, line string }{
		{
			"template",
			"[SERVICEPERFDATA]\t1795424199\tsrv-db-01\tflap-disabled\t0.118\t0.000\tOK - flap-disabled is fine\t" +
				"value=4;80;90;0;100",
		},
		{
			"pairs",
			"DATATYPE::SERVICEPERFDATA\tTIMET::1795426882\tHOSTNAME::srv-unreach-01\tSERVICEDESC::soak-018\t" +
				"SERVICEPERFDATA::value=52;80;90;0;100\tSERVICECHECKCOMMAND::check_truth\tHOSTSTATE::DOWN\t" +
				"HOSTSTATETYPE::SOFT\tSERVICESTATE::OK\tSERVICESTATETYPE::HARD",
		},
	} {
		b.Run(bench.name, func(b *testing.B) {
			c := newCollector("bench", []*Format{mustCompile(b, DefaultServiceTemplate, Service), Pairs()})
			line, from := []byte(bench.line), place{ref: "0123456789abcdef", file: "service-perfdata"}
			b.SetBytes(int64(len(line) + 1))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if c.full() {
					c.reset()
				}
				c.add(line, from, int64(i)*100)
			}
			if len(c.batch.Rejected) > 0 {
				b.Fatal(c.batch.Rejected[0].Reason)
			}
		})
	}
}
