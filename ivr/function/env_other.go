//go:build !linux

package function

import (
	"fmt"
	"io/fs"
)

// fileTimes are when a file was read and when it, or its inode, was changed; other systems tell only when it was written.
func fileTimes(info fs.FileInfo) (read, changed int64) {
	return info.ModTime().Unix(), info.ModTime().Unix()
}

func systemItem(item string) (string, error) {
	return "", fmt.Errorf("item %q is known on Linux only", item)
}
