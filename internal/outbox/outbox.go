// Package outbox is the vocabulary of the lower doors: what eventmap makes,
// the journal stores and a target sends. It imports nothing of ours.
package outbox

import (
	"strings"
	"time"
)

// Route says by which way Canopsis takes an event. A target serves one or more
// routes.
type Route string

// The routes.
const (
	// Bus is for events that Canopsis takes from RabbitMQ or from its event API.
	Bus Route = "bus"
	// Pbehavior is for downtimes, which Canopsis 4.0 and newer take over HTTP only.
	Pbehavior Route = "pbehavior"
)

// Event is a Canopsis event, ready to be sent.
type Event struct {
	// Entity is the unit within which order is kept: the entity's id in
	// Canopsis, "resource/component" or "component", with the site's scope.
	Entity     string
	Route      Route
	RoutingKey string // at most 255 bytes
	Body       []byte // one JSON object, UTF-8
	// MessageID is 32 hexadecimal digits, the same when the same record is read
	// and mapped again.
	MessageID string
	// Time is the moment that the supervisor reported; kept in microseconds.
	Time time.Time
	// Supersedable marks a check result: when room is short, a newer one of the
	// same entity may take its place.
	Supersedable bool
}

// Message is a stored event on its way to a target.
type Message struct {
	ID int64 // order; grows, gaps are allowed
	Event
}

// State is a value that survives a restart. A nil Value deletes the key.
type State struct {
	Key   string
	Value []byte
}

// Commit is what is stored in one step: all of it is there after a crash, or
// nothing.
type Commit struct {
	// Source and Position: from where the source goes on after this. A nil
	// Position leaves the stored one as it is.
	Source   string
	Position []byte
	Events   []Event
	States   []State
}

// Scope separates the keys of one site from those of the others: of positions,
// states and entities. The empty scope is that of a single site.
type Scope string

// scopeEnd separates a scope from a key. It occurs in neither: names of
// objects and sites hold no control characters, and paths none that anybody
// uses.
const scopeEnd = "\x1e"

// Key returns a key of the site as the journal stores it.
func (s Scope) Key(key string) string {
	if s == "" {
		return key
	}
	return string(s) + scopeEnd + key
}

// Cut returns the site's own form of a stored key, and whether the key belongs
// to the site.
func (s Scope) Cut(stored string) (key string, ours bool) {
	if s == "" {
		return stored, !strings.Contains(stored, scopeEnd)
	}
	return strings.CutPrefix(stored, string(s)+scopeEnd)
}

// ScopeOf returns the scope of a stored key.
func ScopeOf(stored string) Scope {
	scope, _, scoped := strings.Cut(stored, scopeEnd)
	if !scoped {
		return ""
	}
	return Scope(scope)
}
