package journal

// The tables themselves are in migrations.go.

// pageSize is the size of a page in bytes. It is larger than SQLite's default,
// because writes are large, and many small ones expensive.
const pageSize = 16384

// newFilePragmas work only before the first table is created.
const newFilePragmas = `
PRAGMA page_size = 16384;
PRAGMA auto_vacuum = INCREMENTAL;
`

// carefulPragmas are set before anything is read, the others when the file is
// known to be a journal: they may write to it.
//
// The exclusive mode comes first: with it SQLite keeps the index of the
// write-ahead log in memory, without a -shm file, and takes its locks once, not
// for each transaction. Checkpoints start at 250 pages (4 MB) of write-ahead
// log, whose file is cut back to 8 MB when it restarts.
const (
	carefulPragmas = `
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA busy_timeout = 1000;
PRAGMA cell_size_check = ON;
PRAGMA temp_store = MEMORY;
`
	openPragmas = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 250;
PRAGMA journal_size_limit = 8388608;
PRAGMA cache_size = -4096; -- KiB
`
)

const (
	eventColumns = `id, entity, routing_key, message_id, time_us, supersedable, crc32c, body, route`

	sqlInsertEvent = `INSERT INTO events (` + eventColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	sqlPutPosition = `INSERT INTO positions VALUES (?, ?, ?)
		ON CONFLICT (source) DO UPDATE SET position = excluded.position, crc32c = excluded.crc32c`
	sqlPutState = `INSERT INTO states VALUES (?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, crc32c = excluded.crc32c`
	sqlPutRecent = `INSERT INTO recent (states, crc32c) VALUES (?, ?)`
	sqlPutTarget = `INSERT INTO targets VALUES (?, ?, ?, ?)
		ON CONFLICT (name, route) DO UPDATE SET released = excluded.released, crc32c = excluded.crc32c`
	sqlPutLedger = `INSERT INTO ledger VALUES (1, ?, ?, ?, ?)
		ON CONFLICT (one) DO UPDATE SET last_id = excluded.last_id, events = excluded.events,
			newest = excluded.newest, crc32c = excluded.crc32c`

	sqlDropRecent   = `DELETE FROM recent`
	sqlDropState    = `DELETE FROM states WHERE key = ?`
	sqlDropPosition = `DELETE FROM positions WHERE source = ?`
	sqlDropTarget   = `DELETE FROM targets WHERE name = ? AND route = ?`
	sqlDropRange    = `DELETE FROM events WHERE id > ? AND id <= ?`
	sqlDropRoute    = `DELETE FROM events WHERE id > ? AND id <= ? AND route = ?`
	sqlDropEvent    = `DELETE FROM events WHERE id = ?`
	sqlKeepDamage   = `INSERT INTO damaged (` + eventColumns + `) SELECT ` + eventColumns + ` FROM events WHERE id = ?`

	sqlFirstAfter = `SELECT id, time_us FROM events WHERE id > ? ORDER BY id LIMIT 1`
	sqlHeads      = `SELECT id, entity, route, time_us, supersedable FROM events WHERE id < ? ORDER BY id DESC LIMIT ?`
	sqlRead       = `SELECT ` + eventColumns + ` FROM events WHERE id > ? ORDER BY id LIMIT ?`
	sqlPosition   = `SELECT position, crc32c FROM positions WHERE source = ?`
	sqlPositions  = `SELECT source, position, crc32c FROM positions`
	sqlRecent     = `SELECT states, crc32c FROM recent ORDER BY id`
	sqlRecentSize = `SELECT coalesce(sum(length(states)), 0) FROM recent`
	sqlStates     = `SELECT key, value, crc32c FROM states`
	sqlStatePage  = `SELECT key, value, crc32c FROM states WHERE key >= ? ORDER BY key LIMIT ?`
	sqlTargets    = `SELECT name, route, released, crc32c FROM targets`
	sqlLedger     = `SELECT last_id, events, newest, crc32c FROM ledger`
	sqlCountPage  = `SELECT count(*), coalesce(max(id), 0), coalesce(sum(route = ?), 0)
		FROM (SELECT id, route FROM events WHERE id > ? ORDER BY id LIMIT ?)`
	sqlCount = `SELECT route, max(id), count(*) FROM events GROUP BY route`
)
