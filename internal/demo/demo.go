// Package demo plays a small Nagios: it writes a configuration, an object
// cache, and a growing log, perfdata files and status file into a directory,
// as Nagios Core 4 does, so that the real pipeline has something to read where
// no supervisor is installed. Nothing of the pipeline knows of it.
package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Site is a directory in which a small Nagios is played.
type Site struct {
	Dir string
	// Pace is the time between two check results.
	Pace time.Duration

	log, hostPerf, servicePerf *os.File
	objects                    []*object
	rng                        *rand.Rand
	comment                    int
}

// MainConfig is the path of the site's nagios.cfg.
func (s *Site) MainConfig() string { return filepath.Join(s.Dir, "nagios.cfg") }

type object struct {
	host, service string
	label, unit   string
	warn, crit    int
	value         int

	state, last, attempt int
	hard                 bool
	output, perfdata     string
	checked              int64
	acked                bool
	ackText              string
}

const maxAttempts = 3

var stateNames = [2][4]string{{"UP", "DOWN", "UNREACHABLE", ""}, {"OK", "WARNING", "CRITICAL", "UNKNOWN"}}

func (o *object) isHost() bool { return o.service == "" }

func (o *object) stateName() string {
	if o.isHost() {
		return stateNames[0][o.state]
	}
	return stateNames[1][o.state]
}

func (o *object) kind() string {
	if o.isHost() {
		return "HOST"
	}
	return "SERVICE"
}

// name is the entity as the log writes it.
func (o *object) name() string {
	if o.isHost() {
		return o.host
	}
	return o.host + ";" + o.service
}

// Create writes the configuration and the first version of every file.
func (s *Site) Create() error {
	s.rng = rand.New(rand.NewPCG(1, 2))
	for _, host := range []string{"web-01", "web-02", "db-01", "mail-01"} {
		s.objects = append(s.objects,
			&object{host: host, label: "rta", unit: "ms", warn: 100, crit: 500, value: 4, attempt: 1, hard: true},
			&object{host: host, service: "Load", label: "load1", warn: 5, crit: 10, value: 1, attempt: 1, hard: true},
			&object{
				host: host, service: "Disque /", label: "/", unit: "%",
				warn: 80, crit: 90, value: 60, attempt: 1, hard: true,
			})
	}
	s.objects = append(s.objects, &object{
		host: "web-01", service: "HTTP", label: "time", unit: "s",
		warn: 2, crit: 5, value: 1, attempt: 1, hard: true,
	})
	for _, sub := range []string{"archives", "rw"} {
		if err := os.MkdirAll(filepath.Join(s.Dir, sub), 0o755); err != nil {
			return fmt.Errorf("demo site: %w", err)
		}
	}
	for name, text := range map[string]string{"nagios.cfg": s.mainConfig(), "objects.cache": s.objectCache()} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("demo site: %w", err)
		}
	}
	for name, f := range map[string]**os.File{
		"nagios.log":       &s.log,
		"host-perfdata":    &s.hostPerf,
		"service-perfdata": &s.servicePerf,
	} {
		var err error
		if *f, err = os.OpenFile(filepath.Join(s.Dir, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644); err != nil {
			return fmt.Errorf("demo site: %w", err)
		}
	}
	now := time.Now().Unix()
	if err := s.logLine(now, "Nagios 4.4.6 starting... (PID=4711)"); err != nil {
		return err
	}
	return s.writeStatus(now)
}

// Close closes the files.
func (s *Site) Close() {
	for _, f := range []*os.File{s.log, s.hostPerf, s.servicePerf} {
		f.Close()
	}
}

// Run plays until the context ends.
func (s *Site) Run(ctx context.Context) error {
	tick := time.NewTicker(s.Pace)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := time.Now().Unix()
		if err := s.check(s.objects[n%len(s.objects)], now); err != nil {
			return fmt.Errorf("demo site: %w", err)
		}
		if n%8 == 7 {
			if err := s.operator(now); err != nil {
				return fmt.Errorf("demo site: %w", err)
			}
			if err := s.writeStatus(now); err != nil {
				return fmt.Errorf("demo site: %w", err)
			}
		}
	}
}

// check plays one check of an object, as Nagios processes it: the alert goes
// to the log before the perfdata line is written.
func (s *Site) check(o *object, now int64) error {
	span := max(o.crit/3, 2)
	o.value = max(0, o.value+s.rng.IntN(2*span+1)-span)
	if s.rng.IntN(4) == 0 {
		o.value = s.rng.IntN(o.crit + o.crit/3)
	}
	o.last = o.state
	switch {
	case o.value >= o.crit && o.isHost():
		o.state = 1
	case o.value >= o.crit:
		o.state = 2
	case o.value >= o.warn && !o.isHost():
		o.state = 1
	default:
		o.state = 0
	}
	wasHard := o.hard
	switch {
	case o.state == 0:
		o.hard, o.attempt, o.acked = true, 1, false
	case o.last == 0:
		o.hard, o.attempt = false, 1
	case !o.hard:
		o.attempt++
		o.hard = o.attempt == maxAttempts
	}
	o.checked = now
	o.output = fmt.Sprintf("%s - %s is %d%s", o.stateName(), o.label, o.value, o.unit)
	o.perfdata = fmt.Sprintf("%s=%d%s;%d;%d;0", o.label, o.value, o.unit, o.warn, o.crit)
	if o.state != o.last || !wasHard {
		typ := "SOFT"
		if o.hard && (o.state != 0 || wasHard) {
			typ = "HARD"
		}
		alert := fmt.Sprintf("%s ALERT: %s;%s;%s;%d;%s", o.kind(), o.name(), o.stateName(), typ, o.attempt, o.output)
		if err := s.logLine(now, alert); err != nil {
			return err
		}
	}
	return s.perfLine(o)
}

// operator plays somebody who acknowledges a problem.
func (s *Site) operator(now int64) error {
	for _, o := range s.objects {
		if o.state == 0 || !o.hard || o.acked {
			continue
		}
		s.comment++
		o.acked, o.ackText = true, fmt.Sprintf("ticket #%d is open", 1000+s.comment)
		command := "ACKNOWLEDGE_SVC_PROBLEM"
		if o.isHost() {
			command = "ACKNOWLEDGE_HOST_PROBLEM"
		}
		return s.logLine(now, fmt.Sprintf("EXTERNAL COMMAND: %s;%s;2;1;0;operator;%s", command, o.name(), o.ackText))
	}
	return nil
}

func (s *Site) logLine(now int64, text string) error {
	_, err := fmt.Fprintf(s.log, "[%d] %s\n", now, text)
	return err
}

func (s *Site) perfLine(o *object) error {
	typ := "SOFT"
	if o.hard {
		typ = "HARD"
	}
	fields := []string{
		"DATATYPE::" + o.kind() + "PERFDATA", fmt.Sprintf("TIMET::%d", o.checked), "HOSTNAME::" + o.host,
	}
	f := s.hostPerf
	if !o.isHost() {
		f = s.servicePerf
		fields = append(fields, "SERVICEDESC::"+o.service)
	}
	k := o.kind()
	fields = append(fields,
		k+"PERFDATA::"+o.perfdata, k+"CHECKCOMMAND::check_"+o.label, k+"STATE::"+o.stateName(), k+"STATETYPE::"+typ,
		fmt.Sprintf("%sATTEMPT::%d", k, o.attempt), k+"OUTPUT::"+o.output,
		k+"EXECUTIONTIME::0.042", k+"LATENCY::0.003")
	_, err := fmt.Fprintln(f, strings.Join(fields, "\t"))
	return err
}
