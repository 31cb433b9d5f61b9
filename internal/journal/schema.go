package journal

// schemaVersion is kept in PRAGMA user_version. A file with another one is set
// aside, so a change of the schema needs a migration here.
const schemaVersion = 1

// schema is made for eyes as well: each table is legible with the sqlite3
// command. Times are microseconds since 1970 UTC, crc32c is over all other
// columns of the row (see checksum).
//
// The body is the last column, so that reading the others of a long row doesn't
// touch its overflow pages.
const schema = `
PRAGMA page_size = 16384;
PRAGMA auto_vacuum = INCREMENTAL; -- before the first table, or never
BEGIN IMMEDIATE;
CREATE TABLE events (
	id           INTEGER PRIMARY KEY, -- order; never used twice
	entity       TEXT NOT NULL,
	routing_key  TEXT NOT NULL,
	message_id   TEXT NOT NULL,
	time_us      INTEGER NOT NULL,
	supersedable INTEGER NOT NULL,
	crc32c       INTEGER NOT NULL,
	body         BLOB NOT NULL
);
CREATE TABLE positions (
	source   TEXT PRIMARY KEY,
	position BLOB NOT NULL,
	crc32c   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE states (
	key    TEXT PRIMARY KEY,
	value  BLOB NOT NULL,
	crc32c INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE recent ( -- states newer than those above, a row for each commit
	id     INTEGER PRIMARY KEY,
	states BLOB NOT NULL, -- see encodeStates
	crc32c INTEGER NOT NULL
);
CREATE TABLE publishers (
	name     TEXT PRIMARY KEY,
	released INTEGER NOT NULL, -- every event up to this id
	crc32c   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE tally (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	last_id INTEGER NOT NULL, -- the greatest event id ever given
	events  INTEGER NOT NULL, -- rows in the table of that name
	crc32c  INTEGER NOT NULL
);
CREATE TABLE damaged ( -- events whose crc32c is wrong, as they were found
	id, entity, routing_key, message_id, time_us, supersedable, crc32c, body
);
PRAGMA user_version = 1;
COMMIT;
`

// pageSize is the bytes of a page, as in the schema's PRAGMA page_size. It is
// larger than SQLite's default because writes are large, and many small ones
// dear.
const pageSize = 16384

// carefulPragmas are set before anything is read, the others when the file is
// known to be a journal: they may write to it. Checkpoints start at 250 pages
// (4 MB) of write-ahead log, whose file is cut back to 8 MB when it restarts.
const (
	carefulPragmas = `
PRAGMA busy_timeout = 5000;
PRAGMA cell_size_check = ON;
PRAGMA temp_store = MEMORY;
`
	writerPragmas = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 250;
PRAGMA journal_size_limit = 8388608;
PRAGMA cache_size = -4096; -- KiB
`
	readerPragmas = `
PRAGMA query_only = ON;
PRAGMA cache_size = -1024;
`
)

const (
	sqlInsertEvent = `INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	sqlPutPosition = `INSERT INTO positions VALUES (?, ?, ?)
		ON CONFLICT (source) DO UPDATE SET position = excluded.position, crc32c = excluded.crc32c`
	sqlPutState = `INSERT INTO states VALUES (?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, crc32c = excluded.crc32c`
	sqlPutRecent    = `INSERT INTO recent (states, crc32c) VALUES (?, ?)`
	sqlDropRecent   = `DELETE FROM recent`
	sqlDropState    = `DELETE FROM states WHERE key = ?`
	sqlPutPublisher = `INSERT INTO publishers VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET released = excluded.released, crc32c = excluded.crc32c`
	sqlDropPublisher = `DELETE FROM publishers WHERE name = ?`
	sqlPutTally      = `INSERT INTO tally VALUES (1, ?, ?, ?)
		ON CONFLICT (one) DO UPDATE SET last_id = excluded.last_id, events = excluded.events, crc32c = excluded.crc32c`

	sqlDropRange  = `DELETE FROM events WHERE id > ? AND id <= ?`
	sqlDropEvent  = `DELETE FROM events WHERE id = ?`
	sqlKeepDamage = `INSERT INTO damaged SELECT * FROM events WHERE id = ?`

	sqlFirstAfter = `SELECT id FROM events WHERE id > ? ORDER BY id LIMIT 1`
	sqlHeads      = `SELECT id, entity, time_us, supersedable FROM events WHERE id < ? ORDER BY id DESC LIMIT ?`
	sqlRead       = `SELECT id, entity, routing_key, message_id, time_us, supersedable, crc32c, body
		FROM events WHERE id > ? ORDER BY id LIMIT ?`
	sqlReadBackwards = `SELECT id, entity, routing_key, message_id, time_us, supersedable, crc32c, body
		FROM events WHERE id < ? ORDER BY id DESC LIMIT ?`
	sqlOldest     = `SELECT time_us FROM events ORDER BY id LIMIT 1`
	sqlPosition   = `SELECT position, crc32c FROM positions WHERE source = ?`
	sqlPositions  = `SELECT source, position, crc32c FROM positions`
	sqlRecent     = `SELECT states, crc32c FROM recent ORDER BY id`
	sqlRecentSize = `SELECT coalesce(sum(length(states)), 0) FROM recent`
	sqlStates     = `SELECT key, value, crc32c FROM states`
	sqlPublishers = `SELECT name, released, crc32c FROM publishers`
	sqlTally      = `SELECT last_id, events, crc32c FROM tally`
)
