package supervision

// Object is what the object cache knows of a host or service; empty fields are
// unknown or not configured.
type Object struct {
	Alias         string // hosts only
	DisplayName   string
	Address       string // hosts only
	Groups        []string
	CheckCommand  string
	MaxAttempts   int
	Notes         string
	NotesURL      string
	ActionURL     string
	PerfdataOff   bool // process_perf_data 0
	CustomVars    []CustomVar
	ContactGroups []string
}

// CustomVar is a custom object variable, name without the leading underscore,
// in the case of the file that defines it.
type CustomVar struct{ Name, Value string }

// Inventory answers for objects by entity. An implementation is safe for
// concurrent use; what it returns must not be changed.
type Inventory interface {
	// Object returns what is known of an entity, nil if it is unknown.
	Object(Entity) *Object
	// Members returns the entities that a group-wide downtime covers, nil if the
	// group is unknown.
	Members(scope DowntimeScope, entity Entity, group string) []Entity
}
