package sources

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
)

// poll is one reading of the tables.
type poll struct {
	*run
	now      time.Time // when it began, by our clock
	reading  *snapshot.Reading
	complete snapshot.Tables
	isScan   bool
	isFirst  bool              // no object is known: all are read in full
	failed   map[string]string // backends of an LMD

	asked [2][]supervision.Entity // what others ask for, by the table
}

// ask notes an object to be read in full.
func (p *poll) ask(e supervision.Entity) {
	class := 0
	if !e.IsHost() {
		class = 1
	}
	p.asked[class] = append(p.asked[class], e)
}

func (p *poll) read(ctx context.Context) error {
	if !p.isScan {
		p.complete &^= snapshot.Objects
	}
	p.objects.round++
	for class := range p.layouts.keys {
		if err := p.readObjects(ctx, class); err != nil {
			return err
		}
	}
	if err := p.readComments(ctx); err != nil {
		return err
	}
	return p.readDowntimes(ctx)
}

// changed are the objects of one table whose keys differ from the known ones.
type changed struct {
	stamps map[int64]struct{}              // the times of their checks
	named  map[supervision.Entity]struct{} // without such a time
	count  int
}

// readObjects reads one of the tables hosts and services.
func (p *poll) readObjects(ctx context.Context, class int) error {
	if p.isFirst {
		return p.readFull(ctx, class, nil, snapshot.Objects)
	}
	keys, special := p.layouts.keys[class], p.objects.special[class]
	before := maps.Clone(special)
	found := changed{stamps: map[int64]struct{}{}, named: map[supervision.Entity]struct{}{}}
	q := livestatus.Query{Table: keys.table, Columns: keys.names}
	if !p.isScan {
		c, from := p.objects.since(class, p.now)
		q.Filters = []livestatus.Filter{livestatus.Any(
			keys.filter(c, ">=", strconv.FormatInt(from, 10)), keys.filter(acknowledged, "=", "1"),
			keys.filter(downtimeDepth, ">", "0"), keys.filter(isFlapping, "=", "1"))}
	}
	failed, err := p.table(ctx, q, snapshot.Objects, func(row []livestatus.Value) error {
		v := values{row: row, layout: keys}
		p.takeKeys(&v, class, &found, before)
		return nil
	})
	if err != nil {
		return err
	}
	for e := range before {
		switch {
		case failed:
		case p.isScan:
			delete(special, e) // it is gone
		default:
			found.named[e] = struct{}{} // it is in no special condition any more
		}
	}
	for _, e := range p.asked[class] {
		found.named[e] = struct{}{}
	}
	return p.readChanged(ctx, class, found)
}

// takeKeys takes the key columns of an object. before are the special objects that
// were not found yet.
func (p *poll) takeKeys(v *values, class int, found *changed, before map[supervision.Entity]struct{}) {
	object, ok := p.present(v, class)
	if !ok {
		return
	}
	if len(before) > 0 {
		delete(before, v.entity())
	}
	object.KeepResult()
	id := p.objects.idOf(v.name())
	known := p.objects.keys[id]
	sum := p.objects.keyOf(v)
	if known.sum == sum {
		p.objects.keys[id] = keyed{sum, p.objects.round}
		return
	}
	if known.round != 0 {
		p.objects.keys[id] = keyed{known.sum, p.objects.round}
	}
	found.count++
	if stamp, ok := v.get(lastCheck).Integer(); ok && stamp > 0 {
		found.stamps[stamp] = struct{}{}
	} else {
		found.named[v.entity()] = struct{}{}
	}
}

// present notes that an object is there, and its conditions.
func (p *poll) present(v *values, class int) (object snapshot.Object, ok bool) {
	name := v.name()
	if v.err != nil {
		p.reject(v)
		return object, false
	}
	p.objects.note(v, class, p.now)
	object = p.reading.Object(name)
	conditions := conditionsOf(v)
	if v.err != nil {
		p.reject(v)
		return object, false
	}
	object.Conditions(conditions)
	isSpecial := conditions.Acknowledged != 0 || conditions.DowntimeDepth > 0 || conditions.Flapping
	special := p.objects.special[class]
	if isSpecial || len(special) > 0 {
		e := v.entity()
		delete(special, e)
		if isSpecial {
			special[e] = struct{}{}
		}
	}
	return object, true
}

const (
	stampsAtOnce = 150 // of one query, as in LMD
	namesAtOnce  = 50
	// wholeTable: from so many changed objects on, if they are most of a table, the
	// whole table is asked for.
	wholeTable = 1000
)

// readChanged reads the changed objects in full.
func (p *poll) readChanged(ctx context.Context, class int, found changed) error {
	l := p.layouts.full[class]
	if found.count >= wholeTable && 2*found.count > len(p.objects.keys) {
		return p.readFull(ctx, class, nil, 0)
	}
	for stamps := range slices.Chunk(slices.Sorted(maps.Keys(found.stamps)), stampsAtOnce) {
		var filters []livestatus.Filter
		for _, stamp := range stamps {
			filters = append(filters, l.filter(lastCheck, "=", strconv.FormatInt(stamp, 10)))
		}
		if err := p.readFull(ctx, class, filters, 0); err != nil {
			return err
		}
	}
	names := slices.SortedFunc(maps.Keys(found.named), supervision.Entity.Compare)
	for some := range slices.Chunk(names, namesAtOnce) {
		filters := p.filtersOf(l, some)
		if len(filters) == 0 {
			continue
		}
		if err := p.readFull(ctx, class, filters, 0); err != nil {
			return err
		}
	}
	return nil
}

// filtersOf returns filters for objects by their names. A name that can't be compared
// with is found by the next scan.
func (p *poll) filtersOf(l *layout, names []supervision.Entity) (filters []livestatus.Filter) {
	for _, e := range names {
		switch {
		case !livestatus.CanCompare(e.Host) || !e.IsHost() && !livestatus.CanCompare(e.Service):
			p.scanned = time.Time{}
		case e.IsHost():
			filters = append(filters, l.filter(host, "=", e.Host))
		default:
			filters = append(filters,
				livestatus.All(l.filter(host, "=", e.Host), l.filter(service, "=", e.Service)))
		}
	}
	return filters
}

// readFull reads objects in full: those that pass one of the filters, or all.
func (p *poll) readFull(ctx context.Context, class int, filters []livestatus.Filter, all snapshot.Tables) error {
	l := p.layouts.full[class]
	q := livestatus.Query{Table: l.table, Columns: l.names}
	if len(filters) > 0 {
		q.Filters = []livestatus.Filter{livestatus.Any(filters...)}
	}
	_, err := p.table(ctx, q, all, func(row []livestatus.Value) error {
		return p.takeFull(ctx, &values{row: row, layout: l}, class)
	})
	return err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// takeFull takes an object.
func (p *poll) takeFull(ctx context.Context, v *values, class int) error {
	object, ok := p.present(v, class)
	if !ok {
		return nil
	}
	p.objects.keys[p.objects.idOf(v.name())] = keyed{p.objects.keyOf(v), p.objects.round}
	if !v.flag(hasBeenChecked) {
		return nil
	}
	fields := [][]byte{
		v.bytes(lastCheck), v.bytes(state), v.bytes(stateType), v.bytes(currentAttempt), v.bytes(executionTime),
		v.bytes(pluginOutput), v.bytes(longOutput), v.bytes(perfData),
	}
	if !object.IsNewResult(fields...) {
		return nil
	}
	check, end := checkOf(v, p.server.Core)
	if v.err != nil {
		p.reject(v)
		return nil
	}
	var sum uint32
	for _, field := range fields {
		sum = crc32.Update(sum, castagnoli, field)
		sum = crc32.Update(sum, castagnoli, []byte{0})
	}
	return p.out.Add(ctx, object.Result(check, end, fmt.Sprintf("check:%08x", sum)))
}

// table reads a table, or a part of it. An answer without the rows of a backend
// completes nothing.
func (p *poll) table(
	ctx context.Context, q livestatus.Query, completes snapshot.Tables, each func([]livestatus.Value) error,
) (failed bool, err error) {
	answer, err := p.query(ctx, q, each)
	if err != nil {
		var e *livestatus.Error
		if !errors.As(err, &e) && p.out.Err() == nil {
			err = fmt.Errorf("table %s: %w", q.Table, err)
		}
		return false, err
	}
	if failed = len(answer.Failed) > 0; failed {
		p.complete &^= completes
		p.failed = answer.Failed
	}
	return failed, nil
}
