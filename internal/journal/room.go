package journal

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// minRoom is the disk space, in bytes, without which a journal can't be opened or
// soon not be written.
const minRoom = 1 << 20

// TryRoom returns why a journal that can be opened could not be written: the disk has
// too little room for what it writes first, and for its reserve of so many bytes if
// that is not there yet, or something else stands in the place of the reserve.
func TryRoom(path string, size int64) error {
	if err := checkBeside(path, ".reserve"); err != nil {
		return err
	}
	needed := int64(minRoom)
	if r := reserveOf(path, size); size > 0 && !r.present() {
		needed += r.needs()
	}
	dir := filepath.Dir(path)
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("looking for room in %s: %w", dir, err)
	}
	if free := int64(fs.Bavail) * fs.Bsize; free < needed {
		return fmt.Errorf("%s has room for %d KiB, and %d KiB are needed at least: free some, or name another disk; "+
			"without it nothing can be stored, and the sources are held", dir, free>>10, needed>>10)
	}
	return nil
}
