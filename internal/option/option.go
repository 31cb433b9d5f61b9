// Package option is how a room reports that one of its options can't be used,
// so that whoever wrote the value learns its file, line and key.
package option

import (
	"errors"
	"fmt"
)

// Fault is an option whose value can't be used.
type Fault struct {
	Name string // the option, as its room calls it; dotted for a part of one
	Err  error
}

// Faultf makes a fault; format and args are those of fmt.Errorf.
func Faultf(name, format string, args ...any) error {
	return &Fault{Name: name, Err: fmt.Errorf(format, args...)}
}

// Error returns "name: text".
func (f *Fault) Error() string { return f.Name + ": " + f.Err.Error() }

// Unwrap returns the error without the option's name.
func (f *Fault) Unwrap() error { return f.Err }

// Split returns the errors that errors.Join has joined, however deep, in their
// order; nil if err is nil.
func Split(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var parts []error
	for _, e := range joined.Unwrap() {
		parts = append(parts, Split(e)...)
	}
	return parts
}

// Of returns the fault that err is or wraps.
func Of(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}

// Within returns the faults of a room as those of the section that the room is
// configured by: their names become "section.name". An error that names no
// option becomes a fault of the section itself.
func Within(section string, err error) error {
	var all []error
	for _, e := range Split(err) {
		if f, ok := Of(e); ok {
			all = append(all, &Fault{Name: section + "." + f.Name, Err: f.Err})
			continue
		}
		all = append(all, &Fault{Name: section, Err: e})
	}
	return errors.Join(all...)
}
