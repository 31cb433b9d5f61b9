package logfile

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// passiveResult is a passive check result: as it was ordered by a command, or
// as a PASSIVE ... CHECK line shows it.
type passiveResult struct {
	entity supervision.Entity
	check  supervision.Check
}

const (
	orderedHostResult    = "PROCESS_HOST_CHECK_RESULT"
	orderedServiceResult = "PROCESS_SERVICE_CHECK_RESULT"
	shownHostResult      = "PASSIVE HOST CHECK"
	shownServiceResult   = "PASSIVE SERVICE CHECK"
)

// parseOrderedResult reads the arguments of PROCESS_HOST_CHECK_RESULT
// ("host;code;output") and PROCESS_SERVICE_CHECK_RESULT
// ("host;service;code;output") as Nagios 4 does (base/commands.c): the host may
// be an address, the output may be missing, a code that is no number is 0, and
// one out of range is a service's UNKNOWN.
func parseOrderedResult(name string, f *fields) (*passiveResult, error) {
	p, err := passiveEntity(name == orderedHostResult, f)
	if err != nil {
		return nil, err
	}
	field, err := f.next("return code")
	if err != nil {
		return nil, err
	}
	code, _ := number("return code", field)
	if len(field) > 0 && field[0] == '-' {
		code = -1
	}
	p.check.State, _ = passiveState(p.entity.IsHost(), code, "")
	out := commandOutput(f.remainder())
	p.check.Output, p.check.LongOutput, p.check.Perfdata = out.short, out.long, out.perfdata
	return p, nil
}

// parseShownResult reads "host[;service];code;output" of a PASSIVE line. It is
// the first line of the output; Shinken shows the whole output, unescaped.
func parseShownResult(isHost bool, f *fields, program string) (*passiveResult, error) {
	p, err := passiveEntity(isHost, f)
	if err != nil {
		return nil, err
	}
	field, err := f.next("return code")
	if err != nil {
		return nil, err
	}
	code, err := strconv.ParseInt(string(bytes.TrimSpace(field)), 10, 64)
	if err != nil {
		return nil, &malformed{"return code", quote(field) + " is no number, or one too large"}
	}
	var odd bool
	if p.check.State, odd = passiveState(isHost, code, program); odd {
		f.strange("return code", field, supervision.OddState(isHost))
	}
	short, perfdata, _ := strings.Cut(f.remainder(), "|")
	p.check.Output, p.check.Perfdata = strings.TrimSpace(short), strings.TrimSpace(perfdata)
	return p, nil
}

func passiveEntity(isHost bool, f *fields) (p *passiveResult, err error) {
	p = &passiveResult{check: supervision.Check{
		StateType: supervision.StateTypeNotReported, CheckType: supervision.Passive,
	}}
	if isHost {
		p.entity, err = host(f)
	} else {
		p.entity, err = service(f)
	}
	return p, err
}

// passiveState returns the state that a return code stands for. In Shinken a
// host's code is a plugin's exit code; the others take UP, DOWN, UNREACHABLE.
func passiveState(isHost bool, code int64, program string) (state supervision.State, odd bool) {
	if isHost && isShinken(program) {
		if code == 0 || code == 1 {
			return supervision.Up, false
		}
		return supervision.Down, false
	}
	return supervision.StateNumbered(isHost, code)
}

// isOrderFor reports whether a PASSIVE line can show what was ordered. Only the
// service is compared: the order may name the host by its address.
func (p *passiveResult) isOrderFor(shown *passiveResult) bool {
	return p.entity.Service == shown.entity.Service
}

// agrees compares two reports of what may be one result. A host's problem may
// have been translated between DOWN and UNREACHABLE
// (translate_passive_host_checks).
func (p *passiveResult) agrees(e supervision.Entity, c *supervision.Check) bool {
	if c.Output != p.check.Output {
		return false
	}
	return c.State == p.check.State || e.IsHost() && c.State != supervision.Up && p.check.State != supervision.Up
}

// complete adds to an ALERT what only the passive result has.
func (p *passiveResult) complete(alert *supervision.Check) {
	alert.CheckType = p.check.CheckType
	alert.LongOutput, alert.Perfdata = p.check.LongOutput, p.check.Perfdata
}

// addShown takes a PASSIVE line, and joins it with its order.
func (p *Parser) addShown(l Line, e entry) {
	order := p.takeOrder(e)
	if orderWait(p.program) == 0 {
		p.forgetAll()
	}
	current := passiveLinesAreCurrent(p.program)
	if order == nil && !current {
		p.ready.skip(skipNotReported, 1)
		return
	}
	result := *e.shown
	h := &held{time: e.time, ref: ref(l, 0), result: &result, from: order}
	h.keep(l)
	h.own.oddities(l, e)
	if order != nil {
		state := order.check.State
		if current {
			state = result.check.State
		}
		result.check = order.check
		result.check.State = state
		h.own.skip(skipPassiveOrder, 1)
	}
	check := result.check
	h.own.records = []supervision.Record{{
		Kind: supervision.CheckResult, Entity: result.entity, Time: e.time, Ref: h.ref, Check: &check,
	}}
	p.held = h
}

// mayPrecedeAlert reports whether an entry can stand between a result and the
// ALERT that it causes.
func (h *held) mayPrecedeAlert(e entry) bool {
	if h.result == nil || e.err != nil || h.full() {
		return false
	}
	if e.skip == skipContinuation {
		return true
	}
	if !h.near(e.time) {
		return false
	}
	if len(e.records) != 1 {
		return e.skip == skipInformational
	}
	switch rec := &e.records[0]; rec.Kind {
	case supervision.FlappingStarted, supervision.FlappingStopped, supervision.Notification,
		supervision.DowntimeStarted, supervision.DowntimeEnded:
		return rec.Entity.Host == h.result.entity.Host
	}
	return false
}

// isAlert reports whether an entry is the ALERT for the result.
func (h *held) isAlert(e entry) bool {
	if h.result == nil || len(e.records) != 1 || !h.near(e.time) {
		return false
	}
	rec := &e.records[0]
	return rec.Kind == supervision.CheckResult && rec.Entity == h.result.entity &&
		h.result.agrees(rec.Entity, rec.Check)
}
