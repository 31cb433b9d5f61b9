package objectcache

import "strings"

// escaping is what is done to the value of a macro before it is put in.
type escaping bool

const (
	verbatim     escaping = false
	escapeForURL escaping = true
)

// expand replaces the macros of a text as Nagios 4.4.6 does it
// (common/macros.c, process_macros_r): what stands between two dollar signs is
// a macro, $$ is a dollar sign, and what isn't known stays as it is. In links
// the values are escaped, the text around them isn't.
func (inv *Inventory) expand(text string, rec *record, esc escaping) string {
	before, rest, found := strings.Cut(text, "$")
	if !found {
		return text
	}
	var out strings.Builder
	for {
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, behind, closed := strings.Cut(rest, "$")
		value, known := inv.macro(name, rec)
		switch {
		case !closed: // a stray dollar sign
			out.WriteString("$" + name)
		case name == "":
			out.WriteString("$")
		case !known:
			out.WriteString("$" + name + "$")
		case esc == escapeForURL:
			writeURLEscaped(&out, value)
		default:
			out.WriteString(value)
		}
		before, rest, found = strings.Cut(behind, "$")
	}
}

// macro returns the value of a macro of the object, by Nagios' or Icinga 2's
// name.
func (inv *Inventory) macro(name string, rec *record) (string, bool) {
	if value, known := inv.hostMacro(name, rec); known {
		return value, true
	}
	if rec.service == 0 {
		return "", false
	}
	get := inv.table.get
	switch name {
	case "SERVICEDESC", "service.name":
		return get(rec.service), true
	case "SERVICEDISPLAYNAME", "service.display_name":
		return firstOf(get(rec.displayName), get(rec.service)), true
	case "SERVICECHECKCOMMAND":
		return get(rec.command), true
	case "SERVICEGROUPNAMES":
		return strings.ReplaceAll(get(rec.groups), "\n", ","), true
	}
	if variable, found := cutAnyPrefix(name, "_SERVICE", "service.vars."); found {
		return inv.customVar(variable, rec)
	}
	return "", false
}

func (inv *Inventory) hostMacro(name string, rec *record) (string, bool) {
	get := inv.table.get
	if name == "HOSTNAME" || name == "host.name" {
		return get(rec.host), true
	}
	host := inv.record(objectKey{host: rec.host})
	if host == nil {
		return "", false
	}
	switch name {
	case "HOSTALIAS":
		return firstOf(get(host.alias), get(host.host)), true
	case "HOSTDISPLAYNAME", "host.display_name":
		return firstOf(get(host.displayName), get(host.host)), true
	case "HOSTADDRESS", "host.address":
		return get(host.address), true
	case "HOSTCHECKCOMMAND":
		return get(host.command), true
	case "HOSTGROUPNAMES":
		return strings.ReplaceAll(get(host.groups), "\n", ","), true
	}
	if variable, found := cutAnyPrefix(name, "_HOST", "host.vars."); found {
		return inv.customVar(variable, host)
	}
	return "", false
}

// customVar finds a custom variable without regard to case: Nagios writes their
// names in upper case, Icinga 2 as they are configured.
func (inv *Inventory) customVar(name string, rec *record) (string, bool) {
	for _, v := range inv.vars[rec.firstVar : rec.firstVar+uint32(rec.varCount)] {
		if strings.EqualFold(inv.table.get(v.name), name) {
			return inv.table.get(v.value), true
		}
	}
	return "", false
}

// writeURLEscaped escapes all but the unreserved characters of RFC 3986, as
// Nagios' get_url_encoded_string.
func writeURLEscaped(out *strings.Builder, value string) {
	const hex = "0123456789ABCDEF"
	for i := range len(value) {
		c := value[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '.', c == '-', c == '_', c == '~':
			out.WriteByte(c)
		default:
			out.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
}

func cutAnyPrefix(s string, prefixes ...string) (string, bool) {
	for _, prefix := range prefixes {
		if rest, found := strings.CutPrefix(s, prefix); found {
			return rest, true
		}
	}
	return "", false
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
