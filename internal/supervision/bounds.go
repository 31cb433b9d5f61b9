package supervision

// The bounds that every source keeps.
const (
	// BatchLines and BatchBytes bound a batch; it may exceed BatchBytes by one
	// line.
	BatchLines = 1000
	BatchBytes = 256 << 10
	// LongestLine is the length in bytes up to which lines are read. A longer
	// one is rejected with its first RawKept bytes.
	LongestLine = 1 << 20
	RawKept     = 4 << 10
)

// Full reports whether a batch made of so many bytes has to be handed over.
func (b *Batch) Full(bytes int) bool {
	return bytes >= BatchBytes || len(b.Records)+len(b.Rejected) >= BatchLines
}
