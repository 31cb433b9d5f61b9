package eventmap

import (
	"maps"
	"slices"
	"strings"
)

// maxExtraFields limits the custom variables and further macros of one event.
const maxExtraFields = 256

// writeExtraFields writes custom variables and the macros that no documented
// field shows, each under a name that Canopsis doesn't read. Values of the record
// take precedence over those of the object cache.
func (d *draft) writeExtraFields() {
	ownVars := hostVarMacro
	if !d.entity.IsHost() {
		ownVars = serviceVarMacro
	}
	if len(d.extra) > 0 {
		for _, macro := range slices.Sorted(maps.Keys(d.extra)) {
			switch name, isOwnVar := strings.CutPrefix(macro, ownVars); {
			case isOwnVar:
				d.customVar(name, d.extra[macro])
			case !isAttributeMacro(macro):
				d.extraField("macro_", d.name(macro), d.extra[macro])
			}
		}
	}
	own := d.own()
	if own == nil {
		return
	}
	for _, v := range own.CustomVars {
		if len(d.extra) > 0 {
			if _, written := d.extra[ownVars+strings.ToUpper(v.Name)]; written {
				continue
			}
		}
		d.customVar(v.Name, v.Value)
	}
}

// isAttributeMacro reports whether a documented field shows the macro.
func isAttributeMacro(macro string) bool {
	for _, a := range attributes {
		if macro == a.hostMacro || macro == a.serviceMacro {
			return true
		}
	}
	return false
}

// customVar writes a custom variable under its own name in upper case, as Nagios
// stores it and neb2amqp sent it. It adds a prefix when that name is taken.
func (d *draft) customVar(name, value string) {
	key := strings.ToUpper(d.name(name))
	prefix := ""
	if d.m.taken[key] || key == "" {
		prefix = "cv_"
		d.repairs |= FieldRenamed
	}
	d.extraField(prefix, key, value)
}

// extraField writes one field. Canopsis splits names at '.', so a name must not
// contain one.
func (d *draft) extraField(prefix, name, value string) {
	if strings.Contains(name, ".") {
		name = strings.ReplaceAll(name, ".", "_")
		d.repairs |= FieldRenamed
	}
	key := name
	if prefix != "" {
		key = prefix + name
	}
	if len(d.keys) == maxExtraFields || slices.Contains(d.keys, key) {
		d.repairs |= FieldDropped
		return
	}
	d.keys = append(d.keys, key)
	d.buf = append(d.buf, ',')
	d.text(key)
	d.buf = append(d.buf, ':')
	d.text(value)
}
