package objectcache

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// ErrIncomplete means that a file ends inside a definition or defines no host:
// the supervisor is writing it, or died while it did.
var ErrIncomplete = errors.New("incomplete object cache")

// maxLine bounds a line. The longest are the member lists of service groups:
// 100,000 members with names of 64 bytes make 13 MB.
const maxLine = 32 << 20

// Parse reads a whole object cache. What can't be understood is left out and
// counted in the Stats. An error means that the whole file is of no use: it is
// incomplete (ErrIncomplete), beyond the bounds of the package, or can't be read.
func Parse(r io.Reader) (*Inventory, error) {
	p := parser{inv: &Inventory{table: newStringTable(), index: make(map[objectKey]uint32)}}
	lines := newLineReader(r)
	for {
		line, holed, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("after line %d: %w", p.line, err)
		}
		p.line++
		if holed {
			p.malformed("zero bytes, as a crash of the machine leaves them")
			continue
		}
		if err := p.parseLine(bytes.TrimSpace(line)); err != nil {
			return nil, fmt.Errorf("line %d: %w", p.line, err)
		}
	}
	if p.kind != outside {
		return nil, fmt.Errorf("%w: it ends inside the definition of line %d", ErrIncomplete, p.current.line)
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	if p.inv.stats.Hosts == 0 {
		return nil, fmt.Errorf("%w: it defines no host", ErrIncomplete)
	}
	return p.inv, nil
}

// blockKind is what is being defined.
type blockKind uint8

const (
	outside blockKind = iota
	hostBlock
	serviceBlock
	hostgroupBlock
	servicegroupBlock
	otherBlock // commands, contacts and so on
)

type parser struct {
	inv     *Inventory
	line    int
	kind    blockKind
	current definition
	edges   []edge
}

// definition collects the properties of a block until it is closed: its name
// need not come first.
type definition struct {
	record
	line      int
	groupName ref

	// Lists of names as they stand in the file.
	groups, members, parents []byte
}

// clear makes it ready for the next block, which uses the same memory again.
func (d *definition) clear(line, vars int) {
	*d = definition{
		line:    line,
		record:  record{firstVar: uint32(vars)},
		groups:  d.groups[:0],
		members: d.members[:0],
		parents: d.parents[:0],
	}
}

func (p *parser) parseLine(line []byte) error {
	switch {
	case len(line) == 0 || line[0] == '#':
		return nil
	case len(line) == 1 && line[0] == '}':
		return p.closeBlock()
	}
	key, value := cutKey(line)
	if p.kind == outside || string(key) == "define" {
		p.openBlock(value, string(key) == "define")
		return nil
	}
	switch {
	case p.kind == otherBlock:
		return nil
	case key[0] == '_':
		return p.addCustomVar(key[1:], value)
	}
	return p.setProperty(key, value)
}

// openBlock takes what stands behind the first word of "define host {".
func (p *parser) openBlock(rest []byte, isDefine bool) {
	kind, opened := bytes.CutSuffix(rest, []byte("{"))
	if !isDefine || !opened {
		p.malformed("neither a definition nor inside of one")
		return
	}
	if p.kind != outside {
		p.malformed("a definition inside another, which is left out")
	}
	p.current.clear(p.line, len(p.inv.vars))
	switch string(bytes.TrimSpace(kind)) {
	case "host":
		p.kind = hostBlock
	case "service":
		p.kind = serviceBlock
	case "hostgroup":
		p.kind = hostgroupBlock
	case "servicegroup":
		p.kind = servicegroupBlock
	default:
		p.kind = otherBlock
	}
}

func (p *parser) setProperty(key, value []byte) (err error) {
	d := &p.current
	set := func(field *ref) error {
		*field, err = p.inv.table.add(value)
		return err
	}
	switch string(key) {
	case "host_name":
		return set(&d.host)
	case "service_description":
		return set(&d.service)
	case "hostgroup_name", "servicegroup_name":
		return set(&d.groupName)
	case "alias":
		return set(&d.alias)
	case "display_name":
		return set(&d.displayName)
	case "address":
		return set(&d.address)
	case "check_command":
		return set(&d.command)
	case "notes":
		return set(&d.notes)
	case "notes_url":
		return set(&d.notesURL)
	case "action_url":
		return set(&d.actionURL)
	case "contact_groups":
		return set(&d.contactGroups)
	case "host_groups", "service_groups":
		d.groups = append(d.groups[:0], value...)
	case "members":
		d.members = append(d.members[:0], value...)
	case "parents":
		d.parents = append(d.parents[:0], value...)
	case "max_check_attempts":
		d.maxAttempts = p.number(key, value)
	case "process_perf_data":
		d.perfdataOff = string(value) == "0"
	}
	return nil
}

func (p *parser) number(key, value []byte) uint16 {
	n, err := strconv.Atoi(string(value))
	if err != nil || n < 0 || n > math.MaxUint16 {
		p.malformed(string(key) + " is not a number from 0 to 65535")
		return 0
	}
	return uint16(n)
}

// addCustomVar takes a line "_NAME value". Nagios writes "null" for a variable
// without a value, and can't have a variable with that text.
func (p *parser) addCustomVar(name, value []byte) error {
	if p.kind != hostBlock && p.kind != serviceBlock || p.current.varCount == math.MaxUint16 {
		return nil
	}
	if string(value) == "null" {
		value = nil
	}
	n, err := p.inv.table.add(name)
	if err != nil {
		return err
	}
	v, err := p.inv.table.add(value)
	if err != nil {
		return err
	}
	p.inv.vars = append(p.inv.vars, customVar{n, v})
	p.current.varCount++
	return nil
}

func (p *parser) closeBlock() error {
	d := &p.current
	kind := p.kind
	p.kind = outside
	switch kind {
	case outside:
		p.malformed("a closing brace without a definition")
	case hostBlock:
		return p.addHost(d)
	case serviceBlock:
		return p.addService(d)
	case hostgroupBlock:
		return p.addHostgroup(d)
	case servicegroupBlock:
		return p.addServicegroup(d)
	}
	return nil
}

func (p *parser) addHost(d *definition) error {
	if d.host == 0 {
		p.malformed("a host without host_name")
		return nil
	}
	d.service = 0
	if p.addRecord(d) {
		p.inv.stats.Hosts++
	}
	return errors.Join(
		p.eachName(d.parents, func(parent ref) { p.edges = append(p.edges, edge{parent, d.host}) }),
		p.eachName(d.groups, func(group ref) { p.inv.hostgroups.add(group, d.objectKey) }))
}

func (p *parser) addService(d *definition) error {
	if d.host == 0 || d.service == 0 {
		p.malformed("a service without host_name or service_description")
		return nil
	}
	d.alias, d.address = 0, 0
	if p.addRecord(d) {
		p.inv.stats.Services++
	}
	return p.eachName(d.groups, func(group ref) { p.inv.servicegroups.add(group, d.objectKey) })
}

// addRecord stores an object and reports whether it is new. Of two definitions
// of the same object the last counts.
func (p *parser) addRecord(d *definition) bool {
	if i, known := p.inv.index[d.objectKey]; known {
		p.malformed("an object that is defined already")
		p.inv.records[i] = d.record
		return false
	}
	p.inv.index[d.objectKey] = uint32(len(p.inv.records))
	p.inv.records = append(p.inv.records, d.record)
	return true
}

func (p *parser) addHostgroup(d *definition) error {
	if d.groupName == 0 {
		p.malformed("a host group without hostgroup_name")
		return nil
	}
	p.inv.hostgroups.declare(d.groupName)
	return p.eachName(d.members, func(host ref) {
		p.inv.hostgroups.add(d.groupName, objectKey{host: host})
	})
}

func (p *parser) addServicegroup(d *definition) error {
	if d.groupName == 0 {
		p.malformed("a service group without servicegroup_name")
		return nil
	}
	p.inv.servicegroups.declare(d.groupName)
	var host ref
	err := p.eachName(d.members, func(name ref) {
		if host == 0 {
			host = name
			return
		}
		p.inv.servicegroups.add(d.groupName, objectKey{host, name})
		host = 0
	})
	if host != 0 {
		p.malformed("a service group whose member list is not one of pairs")
	}
	return err
}

// eachName calls back for each name of a comma-separated list.
func (p *parser) eachName(list []byte, call func(ref)) error {
	for name := range bytes.SplitSeq(list, []byte(",")) {
		if name = bytes.TrimSpace(name); len(name) == 0 {
			continue
		}
		r, err := p.inv.table.add(name)
		if err != nil {
			return err
		}
		call(r)
	}
	return nil
}

// finish sorts the tables and stores the groups of each object.
func (p *parser) finish() error {
	inv := p.inv
	inv.hostgroups.finish()
	inv.servicegroups.finish()
	inv.stats.Hostgroups = len(inv.hostgroups.spans)
	inv.stats.Servicegroups = len(inv.servicegroups.spans)
	setGroups := func(key objectKey, names []byte) (err error) {
		if rec := inv.record(key); rec != nil {
			rec.groups, err = inv.table.add(names)
		}
		return err
	}
	if err := inv.hostgroups.eachMember(inv.table, setGroups); err != nil {
		return err
	}
	if err := inv.servicegroups.eachMember(inv.table, setGroups); err != nil {
		return err
	}
	slices.SortFunc(p.edges, compareEdges)
	inv.children = slices.Clip(slices.Compact(p.edges))
	inv.records = slices.Clip(inv.records)
	inv.vars = slices.Clip(inv.vars)
	inv.table.freeze()
	return nil
}

func (p *parser) malformed(what string) {
	if p.inv.stats.Malformed++; p.inv.stats.Malformed == 1 {
		p.inv.stats.FirstMalformed = fmt.Sprintf("line %d: %s", p.line, what)
	}
}

// cutKey splits a line, which is trimmed, at its first blank or tab.
func cutKey(line []byte) (key, value []byte) {
	if i := bytes.IndexAny(line, "\t "); i >= 0 {
		return line[:i], bytes.TrimLeft(line[i:], "\t ")
	}
	return line, nil
}
