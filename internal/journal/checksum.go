package journal

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// checksum computes the CRC-32C of a row: each field with its length before
// it, so that no two rows differ only in where a field ends. It keeps its
// buffer, and is used by one goroutine at a time.
type checksum struct {
	table *crc32.Table
	buf   []byte
}

func newChecksum() *checksum {
	return &checksum{table: crc32.MakeTable(crc32.Castagnoli)}
}

// event leaves the route "bus" out, so that rows that were stored before there
// were routes keep their checksum.
func (c *checksum) event(id int64, e *outbox.Event) int64 {
	c.buf = c.buf[:0]
	c.number(id)
	c.text(e.Entity)
	c.text(e.RoutingKey)
	c.text(e.MessageID)
	c.number(e.Time.UnixMicro())
	c.number(boolToInt(e.Supersedable))
	c.bytes(e.Body)
	if e.Route != outbox.Bus {
		c.text(string(e.Route))
	}
	return c.sum()
}

// pair is for positions and states; the table's name keeps a row from passing
// as one of another table.
func (c *checksum) pair(table, key string, value []byte) int64 {
	c.buf = c.buf[:0]
	c.text(table)
	c.text(key)
	c.bytes(value)
	return c.sum()
}

// cursor is for the table of targets.
func (c *checksum) cursor(target string, route outbox.Route, released int64) int64 {
	c.buf = c.buf[:0]
	c.text("targets")
	c.text(target)
	c.text(string(route))
	c.number(released)
	return c.sum()
}

func (c *checksum) ledger(l ledger) int64 {
	c.buf = c.buf[:0]
	c.text("ledger")
	c.number(l.lastID)
	c.number(l.events)
	c.text(l.encodeNewest())
	return c.sum()
}

func (c *checksum) number(n int64) { c.buf = binary.LittleEndian.AppendUint64(c.buf, uint64(n)) }

func (c *checksum) text(s string) {
	c.number(int64(len(s)))
	c.buf = append(c.buf, s...)
}

func (c *checksum) bytes(b []byte) {
	c.number(int64(len(b)))
	c.buf = append(c.buf, b...)
}

func (c *checksum) sum() int64 { return int64(crc32.Checksum(c.buf, c.table)) }

func boolToInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
