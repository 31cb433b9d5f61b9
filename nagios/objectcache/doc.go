// Package objectcache reads the object cache of a Nagios-family supervisor
// (objects.cache, option object_cache_file): the flat, resolved form of its
// configuration that it writes at each start and reload. It answers for what
// the other readers can't see of an object: address, groups, check command,
// custom variables, notes and links.
//
// The form is that of Nagios 3 and 4, Naemon, Icinga 1 and Shinken, and that of
// Icinga 2's StatusDataWriter, which names the groups in the object as well and
// uses macros of its own ($host.name$).
//
// Guarantees. Every answer comes from one complete version of the file. Nagios
// truncates the file and writes it in place (common/objects.c, fcache_objects),
// so a reader may find half of it. So a version is used only if it ends behind a
// closed block, defines a host, and changed neither for a while before it was
// read nor while it was read. Until then, and when the file is gone or damaged,
// the last good version is used.
//
// Losses. A line that can't be understood is counted and left out, and the rest
// of the file is taken. Names that contain a comma, which Nagios refuses and
// Icinga 2 takes, confuse the member lists of groups.
//
// Memory. A version is held in a few flat tables, without a pointer or a Go
// string per value: 10,000 hosts and 100,000 services take about 20 MB, and the
// whole process stays below 60 MB while a new version replaces the old one. A
// file with more than 1 GiB of distinct text or a line of more than 32 MiB is
// refused.
package objectcache
