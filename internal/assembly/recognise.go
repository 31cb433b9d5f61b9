package assembly

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// IsOf reports whether a stored position is one of the files that the reader
// reads: its own file, or one beside it or in its archive whose name begins as
// its own does, to which that may have been rotated. Positions that name no file
// are of nobody.
func (c Choice) IsOf(position []byte) bool {
	var stored any
	if json.Unmarshal(position, &stored) != nil {
		return false
	}
	base := filepath.Base(c.Path)
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	known := map[fileID]bool{}
	for _, dir := range []string{filepath.Dir(c.Path), c.archive} {
		if dir == "" {
			continue
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || !strings.HasPrefix(e.Name(), stem) {
				continue
			}
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				known[fileID{float64(st.Dev), float64(st.Ino)}] = true
			}
		}
	}
	return names(stored, known)
}

// fileID is a file as positions name it: numbers in JSON are floating-point.
type fileID struct{ device, inode float64 }

// names reports whether a decoded position names one of the files, however deep.
func names(stored any, known map[fileID]bool) bool {
	switch v := stored.(type) {
	case map[string]any:
		device, hasDevice := v["device"].(float64)
		inode, hasInode := v["inode"].(float64)
		if hasDevice && hasInode && known[fileID{device, inode}] {
			return true
		}
		for _, part := range v {
			if names(part, known) {
				return true
			}
		}
	case []any:
		for _, part := range v {
			if names(part, known) {
				return true
			}
		}
	}
	return false
}
