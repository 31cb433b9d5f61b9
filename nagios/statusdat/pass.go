package statusdat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

var (
	// errNoHead: objects come before the info block, so that their time is
	// unknown.
	errNoHead = errors.New("the file does not begin with an info block that has the time of its creation")
	// errOlder: the file was created before the one that was read last.
	errOlder = errors.New("the file is older than the one that was read before")
)

// pass is one pass through one file.
type pass struct {
	*run
	shown    *snapshot.Reading // nil before the info block
	dialect  dialect
	faults   map[uint64]struct{} // of this file
	rejected int                 // of this file
}

// block takes the next block of the file.
func (p *pass) block(ctx context.Context, b *Block) error {
	switch b.Kind {
	case Malformed:
		p.reject(b, b.Fault)
		return nil
	case Other:
		return nil
	case Info:
		return p.info(b)
	}
	if p.shown == nil {
		return errNoHead
	}
	v := values{block: b}
	switch b.Kind {
	case ProgramStatus:
		p.dialect.perfdataOff = v.off(ProcessPerformanceData)
		p.dialect.flappingOff = v.off(EnableFlapDetection)
		p.program(b.Field(ProgramStart))
		return nil
	case HostStatus, ServiceStatus:
		return p.object(ctx, &v)
	case HostComment, ServiceComment:
		p.comment(&v)
	case HostDowntime, ServiceDowntime:
		p.downtime(&v)
	}
	p.rejectFailed(&v)
	p.report(&v)
	return nil
}

// program notes when the supervisor has started. One that starts anew goes on from
// its retention file, which may hold older results than those that were read: all
// of them are returned once more, as present states.
func (p *pass) program(started []byte) {
	if len(started) == 0 {
		return // not reported
	}
	if p.started != "" && p.started != string(started) {
		p.memory.Restarted()
	}
	p.started = string(started)
}

func (p *pass) info(b *Block) error {
	if p.shown != nil {
		return nil
	}
	v := values{block: b}
	created := v.moment(Created)
	if v.err != nil || created.IsZero() {
		return errNoHead
	}
	if !p.accept(created) {
		return errOlder
	}
	p.shown = p.memory.Begin(created, sourceName+":"+string(b.Field(Created)))
	p.dialect = dialectOf(b.Field(Version), b.Field(Created))
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// object takes a host or service. One that is as before costs no memory. The
// Ref of a result ends with a checksum of the block, as a supervisor can write
// two files in one second.
func (p *pass) object(ctx context.Context, v *values) error {
	b := v.block
	name, ok := v.name()
	if !ok {
		p.rejectFailed(v)
		return nil
	}
	object := p.shown.Object(name)
	conditions, known := conditionsOf(v, p.dialect)
	if known {
		object.Conditions(conditions)
	}
	if !hasBeenChecked(b) || !isNewResult(&object, b) {
		p.report(v)
		return nil
	}
	check, end := checkOf(v, p.dialect)
	if p.rejectFailed(v) {
		return nil
	}
	if known {
		check.Flags = &supervision.Flags{
			Acknowledged:  conditions.Acknowledged != snapshot.NotAcknowledged,
			Flapping:      conditions.Flapping,
			DowntimeDepth: conditions.DowntimeDepth,
			PerfdataOff:   p.dialect.perfdataOff || v.off(ProcessPerformanceData),
		}
	}
	for _, odd := range v.odd {
		o := odd.Oddity(p.where(b))
		p.isKnown(b, o.Reason)
		p.out.Odd(o)
	}
	detail := fmt.Sprintf("check:%08x", crc32.Checksum(b.Raw, castagnoli))
	return p.out.Add(ctx, object.Result(check, end, detail))
}

func isNewResult(object *snapshot.Object, b *Block) bool {
	return object.IsNewResult(b.Field(LastCheck), b.Field(CurrentState), b.Field(StateType), b.Field(CurrentAttempt),
		b.Field(CheckExecutionTime), b.Field(PluginOutput), b.Field(LongPluginOutput), b.Field(PerformanceData))
}

// The values of entry_type that we read (include/comments.h of Nagios); the
// others are of the comments that Nagios adds for downtimes and flapping.
const (
	entryUser            = 1
	entryAcknowledgement = 4
)

// comment takes a comment that a user wrote, or the text of an acknowledgement.
func (p *pass) comment(v *values) {
	entryType := v.identity(EntryType)
	if v.err != nil || entryType != entryUser && entryType != entryAcknowledgement {
		return
	}
	name, _ := v.name()
	key := snapshot.Key{Entry: v.moment(EntryTime), ID: v.identity(CommentID)}
	if v.err != nil || p.shown.Comment(name, key) {
		return
	}
	note := supervision.Note{
		ID: key.ID, Author: string(v.block.Field(Author)), Text: string(v.block.Field(CommentData)),
		Persistent: v.flag(Persistent), Expires: v.time(ExpireTime),
	}
	if v.err == nil {
		p.shown.AddComment(name, key.Entry, note, entryType == entryAcknowledgement)
	}
}

// downtime takes a downtime.
func (p *pass) downtime(v *values) {
	name, _ := v.name()
	key := snapshot.Key{ID: v.identity(DowntimeID), Entry: v.moment(EntryTime)}
	progress := progressOf(v)
	if v.err != nil || p.shown.Downtime(name, key, progress) {
		return
	}
	if details := downtimeOf(v, key); v.err == nil {
		p.shown.AddDowntime(name, details, progress)
	}
}

// finish compares the whole file with the one before, and hands over what has changed.
func (p *pass) finish(ctx context.Context) error {
	changes := p.shown.Finish(snapshot.AllTables)
	position, err := p.memory.Position()
	if err != nil {
		return err
	}
	return p.out.Finish(ctx, changes, position, time.Time{})
}

// rejectFailed rejects a block of which a field can't be read, and reports
// whether that was so.
func (p *pass) rejectFailed(v *values) bool {
	if v.err != nil {
		p.reject(v.block, v.err.Error())
	}
	return v.err != nil
}

const (
	// maxRejected bounds what one file can send to quarantine.
	maxRejected = 1000
	// beyondRejected counts the rest.
	beyondRejected = "unreadable status block, after the first 1000 of a file"
)

// reject sends a block to quarantine, unless the same fault was in the file
// before: a fault stays in the file for as long as the object does.
func (p *pass) reject(b *Block, reason string) {
	if p.isKnown(b, reason) {
		return
	}
	if p.rejected++; p.rejected > maxRejected {
		p.out.Skip(beyondRejected, 1)
		return
	}
	p.out.Reject(supervision.Rejected{
		Source: sourceName,
		Where:  fmt.Sprintf("%s:%d", p.path, b.Line),
		Reason: reason,
		Raw:    bytes.Clone(b.Raw[:min(len(b.Raw), supervision.RawKept)]),
	})
}

// report reports what makes no sense in a block that is no new result, unless it was
// in the file before.
func (p *pass) report(v *values) {
	for _, odd := range v.odd {
		if o := odd.Oddity(p.where(v.block)); !p.isKnown(v.block, o.Reason) {
			p.out.Odd(o)
		}
	}
}

// where names a block for people.
func (p *pass) where(b *Block) string {
	name := supervision.Entity{Host: string(b.Field(HostName)), Service: string(b.Field(ServiceDescription))}
	return fmt.Sprintf("%s:%d: %s", p.path, b.Line, name)
}

// isKnown reports whether a fault was in the file before, and remembers it.
func (p *pass) isKnown(b *Block, reason string) bool {
	fault := p.faultOf(b, reason)
	if len(p.faults) < maxRejected {
		p.faults[fault] = struct{}{}
	}
	_, known := p.run.faults[fault]
	return known
}

// faultOf returns the hash by which a fault is known in the next file.
func (p *pass) faultOf(b *Block, reason string) uint64 {
	var hash maphash.Hash
	hash.SetSeed(p.seed)
	parts := [][]byte{[]byte(reason), b.Field(HostName), b.Field(ServiceDescription)}
	if b.Kind == Malformed {
		parts = append(parts, b.Raw)
	}
	for _, part := range parts {
		maphash.WriteComparable(&hash, len(part))
		hash.Write(part)
	}
	return hash.Sum64()
}
