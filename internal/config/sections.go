package config

import "fmt"

// SiteSection is a site and where it stands in the file.
type SiteSection struct {
	Site
	file   *Loaded
	prefix string // of its keys, such as "sites[0]."; empty for the short form
}

// EachSite returns the sites, or the one that the short form describes.
func (l *Loaded) EachSite() []SiteSection {
	if len(l.Sites) == 0 {
		return []SiteSection{{file: l, Site: Site{
			Supervisor: l.Supervisor, Connector: l.Connector, ConnectorName: l.ConnectorName,
			Readers: l.Readers, Mapping: l.Mapping,
		}}}
	}
	var all []SiteSection
	for i, s := range l.Sites {
		all = append(all, SiteSection{file: l, Site: s, prefix: fmt.Sprintf("sites[%d].", i)})
	}
	return all
}

// Fault makes a fault of a key of the site. A key of the mapping that the site
// doesn't override is the common one.
func (s SiteSection) Fault(key, text string) error {
	own := s.prefix + key
	if _, set := s.file.lines[own]; !set && len(key) >= len("mapping") && key[:len("mapping")] == "mapping" {
		if _, common := s.file.lines[key]; common {
			return s.file.Fault(key, text)
		}
	}
	return s.file.Fault(own, text)
}

// TargetSection is a target and where it stands in the file.
type TargetSection struct {
	Target
	file   *Loaded
	prefix string // of its keys, such as "targets[0]" or "publish.amqp"
}

// EachTarget returns the targets, or those of the short form, enabled or not.
func (l *Loaded) EachTarget() []TargetSection {
	if len(l.Targets) == 0 {
		return []TargetSection{
			{file: l, Target: Target{Name: "amqp", Type: "amqp", Options: &l.Publish.AMQP}, prefix: "publish.amqp"},
			{
				file: l, Target: Target{Name: "stdout", Type: "stdout", Options: &l.Publish.Stdout},
				prefix: "publish.stdout",
			},
		}
	}
	var all []TargetSection
	for i, t := range l.Targets {
		all = append(all, TargetSection{file: l, Target: t, prefix: fmt.Sprintf("targets[%d]", i)})
	}
	return all
}

// Fault makes a fault of a key of the target; the empty key is the whole.
func (t TargetSection) Fault(key, text string) error {
	return t.file.Fault(join(t.prefix, key), text)
}

// Enabled reports whether the target is to be used.
func (t TargetSection) Enabled() bool {
	o, ok := t.Options.(interface{ enabled() bool })
	return ok && o.enabled()
}
