// Package follow makes one path look like one perpetual stream of whole lines,
// with exact positions that outlive the process.
//
// # What it guarantees
//
// Every line that is ended by a newline is delivered once, in order, through
// rotation by rename (also while the writer goes on in the renamed file),
// several rotations between two looks, deletion and re-creation, truncation,
// and any of these while nobody was following. "Once" counts from the position
// that the caller stored with the chunk: a chunk whose delivery failed comes
// again. A line of which only the first half is written waits for the rest.
//
// Files are recognised by their content, not by name: a Position holds a hash of
// the first bytes and one of the bytes just before the offset; device and inode
// only help to choose. An archive that gzip has packed is read as the text that it
// holds, in little memory. A file that was rotated, renamed again, or copied
// elsewhere is found among the candidates that Options.Archives lists.
//
// The old file's lines come before the new file's. After a rotation the old
// file is given up once a newer one has content and nothing more was written
// to the old one for Options.Grace.
//
// # What it loses, and when
//
// Each of these is reported by a Notice:
//   - what was written between the copy and the truncation of a copytruncate
//     rotation, and, if the copy isn't among the archives, what was written
//     between the last look and the truncation;
//   - lines longer than Options.MaxLine, and a last line that never got its
//     newline before the file was given up;
//   - archives that are unreadable, gone, or packed by another program than gzip;
//     what follows the damage in one that gzip has packed.
//
// Not reported, since nobody can see it: an archive that was made and deleted
// between two looks, a line written to an old file after its grace, and a file
// that was truncated and filled with the same bytes as before. An archive that
// is, byte for byte, the beginning of another is taken for a copy of it, and is
// not read.
//
// # When the directory is away
//
// As long as neither the file nor an archive is there, the position stays what it
// is: the directory may have to be mounted first. A file that was left and comes
// back goes on where it was.
//
// # When it delivers
//
// After a silence, as soon as a line is written; where lines come steadily, all
// that came within bell.Company together.
//
// # What it needs
//
// Regular files, a writer that appends, and lines that begin with their time
// (Options.Stamp) or archives whose modification times are in the order in which
// they were written; rotations within one tick of the
// file system's clock (about 4 ms) are ordered by change time, then by name. One Follower has
// one Run at a time. Linux only: the tail engine reaches its file through
// /proc/self/fd.
package follow
