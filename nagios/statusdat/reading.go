package statusdat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

var (
	// errNoHead says that objects come before the info block, so that nobody
	// knows of when they are.
	errNoHead = errors.New("the file does not begin with an info block that tells when it was created")
	// errOlder says that the file was created before the one that was read last.
	errOlder = errors.New("the file is older than the one that was read before")
)

// reading is one pass through one file.
type reading struct {
	memory *memory
	out    *outbox
	path   string
	first  bool // no file has been read whole since the start
	accept func(created time.Time) bool

	created time.Time
	stamp   string // created, as it stands in the file
	dialect dialect
	objects int                 // that have been checked
	known   map[uint64]struct{} // faults that were reported for the file before
	faults  map[uint64]struct{} // those of this file
}

// block takes the next block of the file.
func (r *reading) block(ctx context.Context, b *Block) error {
	switch b.Kind {
	case Malformed:
		r.reject(b, b.Fault)
		return nil
	case Other:
		return nil
	case Info:
		return r.info(b)
	}
	if r.created.IsZero() {
		return errNoHead
	}
	v := values{block: b}
	switch b.Kind {
	case ProgramStatus:
		r.dialect.perfdataOff = v.off(ProcessPerformanceData)
		r.dialect.flappingOff = v.off(EnableFlapDetection)
		return nil
	case HostStatus, ServiceStatus:
		return r.object(ctx, &v)
	case HostComment, ServiceComment:
		r.comment(&v)
	case HostDowntime, ServiceDowntime:
		r.downtime(&v)
	}
	if v.err != nil {
		r.reject(b, v.err.Error())
	}
	return nil
}

func (r *reading) info(b *Block) error {
	v := values{block: b}
	created := v.time(Created)
	if v.err != nil || created.IsZero() {
		return errNoHead
	}
	if !r.accept(created) {
		return errOlder
	}
	r.created, r.stamp = created, string(b.Field(Created))
	r.dialect = dialectOf(b.Field(Version), b.Field(Created))
	return nil
}

// object takes a host or service. One that says what it said before costs no
// memory.
func (r *reading) object(ctx context.Context, v *values) error {
	host, service, ok := names(v.block)
	if !ok {
		r.reject(v.block, missingName(v.block).String()+": missing")
		return nil
	}
	id := r.memory.identity(host, service)
	r.condition(id, v)
	if !hasBeenChecked(v.block) {
		r.rejectFailed(v)
		return nil
	}
	facts := r.memory.facts(v.block)
	known, seen := r.memory.objects[id]
	var record supervision.Record
	changed := !seen || known.facts != facts
	if changed {
		record = r.checkRecord(v, seen)
	}
	if r.rejectFailed(v) {
		changed, facts = false, known.facts
	}
	if !seen && !changed {
		return nil
	}
	if !seen || known.round != r.memory.round {
		r.objects++
	}
	r.memory.objects[id] = object{facts: facts, round: r.memory.round}
	if !changed {
		return nil
	}
	return r.out.add(ctx, record)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checkRecord tells the result in a block. Its Ref ends with a checksum of the
// block, as a supervisor can write two files in one second.
func (r *reading) checkRecord(v *values, seen bool) supervision.Record {
	kind := supervision.CheckResult
	if r.first && !seen {
		kind = supervision.PresentState
	}
	entity := v.entity()
	check, end := checkOf(v, r.dialect, r.created)
	sum := crc32.Checksum(v.block.Raw, castagnoli)
	return supervision.Record{Kind: kind, Entity: entity, Time: end, Check: &check,
		Ref: fmt.Sprintf("status:%s:%s:check:%08x", r.stamp, entity, sum)}
}

// condition notes the conditions of an object, if they are or were not normal.
func (r *reading) condition(id uint64, v *values) {
	is := marks{flapping: v.flag(IsFlapping), depth: v.depth()}
	if v.flag(ProblemHasBeenAcknowledged) {
		is.ack = acknowledgedNormal
		if ackType(v.integer(AcknowledgementType)) == acknowledgedSticky {
			is.ack = acknowledgedSticky
		}
	}
	known := r.memory.conditions[id]
	if known == nil {
		if is == (marks{}) || v.err != nil {
			return
		}
		known = &condition{entity: v.entity()}
		r.memory.conditions[id] = known
	}
	known.round, known.is = r.memory.round, is
	known.flappingOff = r.dialect.flappingOff || v.off(FlapDetectionEnabled)
	if v.err != nil {
		known.is = known.was
	}
}

// The values of entry_type that we read (include/comments.h of Nagios); the
// others are of the comments that Nagios adds for downtimes and flapping.
const (
	entryUser            = 1
	entryAcknowledgement = 4
)

// comment notes a comment that somebody wrote, or the text of an
// acknowledgement.
func (r *reading) comment(v *values) {
	entryType := v.integer(EntryType)
	if v.err != nil || entryType != entryUser && entryType != entryAcknowledgement {
		return
	}
	entityID, ok := r.memberOf(v)
	key := noteKey{entry: v.time(EntryTime), id: v.integer(CommentID)}
	if !ok || v.err != nil {
		return
	}
	id := memberID(entityID, key.id, key.entry)
	known := r.memory.comments[id]
	if known == nil {
		note := &supervision.Note{ID: key.id, Author: string(v.block.Field(Author)), Text: string(v.block.Field(CommentData)),
			Persistent: v.flag(Persistent), Expires: v.time(ExpireTime)}
		if v.err != nil {
			return
		}
		known = &comment{noteKey: key, entity: v.entity(), entityID: entityID,
			ofAck: entryType == entryAcknowledgement, note: note}
		r.memory.comments[id] = known
	}
	known.round = r.memory.round
}

// memberOf gives the object that a comment or downtime belongs to.
func (r *reading) memberOf(v *values) (entityID uint64, ok bool) {
	host, service, ok := names(v.block)
	if !ok {
		v.fail(missingName(v.block), "missing")
		return 0, false
	}
	return r.memory.identity(host, service), true
}

// downtime notes a downtime, and whether it is in effect.
func (r *reading) downtime(v *values) {
	entityID, ok := r.memberOf(v)
	number, entry := v.integer(DowntimeID), v.time(EntryTime)
	trigger := v.time(FlexDowntimeStart)
	if trigger.IsZero() {
		trigger = v.time(TriggerTime)
	}
	told := effectNotReported
	if len(v.block.Field(IsInEffect)) > 0 {
		told = notInEffect
		if v.flag(IsInEffect) {
			told = inEffect
		}
	}
	if !ok || v.err != nil {
		return
	}
	id := memberID(entityID, number, entry)
	known := r.memory.downtimes[id]
	if known == nil {
		known = &downtime{entity: v.entity(), entityID: entityID, Downtime: downtimeOf(v)}
		if v.err != nil {
			return
		}
		r.memory.downtimes[id] = known
	}
	known.round, known.told, known.trigger = r.memory.round, told, trigger
}

func downtimeOf(v *values) supervision.Downtime {
	return supervision.Downtime{
		ID:          v.integer(DowntimeID),
		Author:      string(v.block.Field(Author)),
		Comment:     string(v.block.Field(CommentText)),
		Entry:       v.time(EntryTime),
		Start:       v.time(StartTime),
		End:         v.time(EndTime),
		Fixed:       v.flag(Fixed),
		Duration:    time.Duration(v.optional(Duration, 0, maxDuration)) * time.Second,
		TriggeredBy: v.integer(TriggeredBy),
	}
}

// maxDuration is a hundred years in seconds.
const maxDuration = 100 * 366 * 86400

// rejectFailed sends a block to quarantine if a field of it is no good.
func (r *reading) rejectFailed(v *values) bool {
	if v.err != nil {
		r.reject(v.block, v.err.Error())
	}
	return v.err != nil
}

// reject sends a block to quarantine, unless the same fault was in the file
// before: a fault stays in the file for as long as the object does.
func (r *reading) reject(b *Block, reason string) {
	fault := mix(maphash.String(r.memory.seed, reason), r.memory.identity(b.Field(HostName), b.Field(ServiceDescription)))
	if b.Kind == Malformed {
		fault = mix(fault, maphash.Bytes(r.memory.seed, b.Raw))
	}
	if len(r.faults) < maxRejected {
		r.faults[fault] = struct{}{}
	}
	if _, ok := r.known[fault]; ok {
		return
	}
	r.out.reject(supervision.Rejected{
		Source: sourceName,
		Where:  fmt.Sprintf("%s:%d", r.path, b.Line),
		Reason: reason,
		Raw:    bytes.Clone(b.Raw[:min(len(b.Raw), maxRaw)]),
	})
}
