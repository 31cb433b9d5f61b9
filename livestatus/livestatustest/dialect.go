package livestatustest

// Dialect is how a server differs from others.
type Dialect struct {
	Name string
	// Version and Program are livestatus_version and program_version of the table
	// status.
	Version, Program string
	// NoColumnsTable: the table columns is unknown.
	NoColumnsTable bool
	// UnknownColumn is what a column has that the table doesn't have; RefusesColumn
	// refuses it with code 452.
	UnknownColumn any
	RefusesColumn bool
	// RefusesHeader refuses unknown headers with code 400.
	RefusesHeader bool
	// BareErrors: an error comes without a header.
	BareErrors bool
	// Wrapped: it has the format wrapped_json; WithFailed adds dead backends to it.
	Wrapped, WithFailed bool
	// Booleans writes true and false in some columns.
	Booleans bool
	// LineFeed adds a line feed to each answer, and counts it.
	LineFeed bool
	// Waits obeys WaitTrigger and WaitTimeout.
	Waits bool
	// NewestFirst answers with the rows of the log in this order.
	NewestFirst bool
	// LogByFile leaves out the whole log if its first line is older than the last
	// "time >=" of the query.
	LogByFile bool
	// LastUpdate: hosts and services have the column last_update.
	LastUpdate bool
}

// The dialects of the real servers.
var (
	Naemon = Dialect{
		Name: "naemon", Version: "1.5.1-naemon", Program: "1.5.0-naemon", UnknownColumn: "", RefusesHeader: true,
		Wrapped: true, Waits: true, NewestFirst: true, LastUpdate: true,
	}
	MK = Dialect{
		Name: "mk", Version: "1.2.8p18", Program: "4.4.6", RefusesHeader: true, Waits: true, NewestFirst: true,
	}
	Icinga2 = Dialect{
		Name: "icinga2", Version: "r2.13.6-1", Program: "r2.13.6-1-icinga2", NoColumnsTable: true, RefusesColumn: true,
		Booleans: true, LogByFile: true,
	}
	Shinken = Dialect{Name: "shinken", Version: "2.0-shinken", Program: "2.4.3", UnknownColumn: "", LineFeed: true}
	LMD     = Dialect{
		Name: "lmd", Version: "1.2.8p18", Program: "4.4.6", UnknownColumn: "", RefusesHeader: true, BareErrors: true,
		Wrapped: true, WithFailed: true, NewestFirst: true,
	}
)

// All returns the dialects of the real servers.
func All() []Dialect { return []Dialect{Naemon, MK, Icinga2, Shinken, LMD} }
