package store

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The file's lock says that a directory is held; this file only says by whom.

func writePID(dir string) error {
	return os.WriteFile(filepath.Join(dir, pidFile), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600)
}

// readPID gives the process that holds a directory; 0: not known.
func readPID(dir string) int {
	text, err := os.ReadFile(filepath.Join(dir, pidFile))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 1 {
		return 0
	}
	return pid
}
