package logfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// archives lists the files to which the log may have been rotated: those of the
// archive directory that are named like the log
// (nagios-11-23-2026-00.log, naemon.log-20261123, nagios.log.1), and the same
// beside the log. Whether one of them is part of the log is decided by its
// content.
func archives(path, dir string) ([]string, error) {
	beside := filepath.Dir(path)
	dirs := []string{beside}
	if dir != "" && filepath.Clean(dir) != beside {
		dirs = append(dirs, dir)
	}
	base := filepath.Base(path)
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	var found []string
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("listing the log archives in %s: %w", dir, err)
		}
		for _, e := range entries {
			if name := e.Name(); !e.IsDir() && name != base && isArchiveName(name, base, stem) {
				found = append(found, filepath.Join(dir, name))
			}
		}
	}
	return found, nil
}

// isArchiveName reports whether a file is named after the log: "base.1",
// "base-20261123", "stem-11-23-2026-00.log", with whatever a compressor adds.
func isArchiveName(name, base, stem string) bool {
	return strings.HasPrefix(name, base+".") || strings.HasPrefix(name, base+"-") ||
		stem != "" && strings.HasPrefix(name, stem+"-")
}
