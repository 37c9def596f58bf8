package call

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Recordings says where a dialplan may write sound.
type Recordings struct {
	Sounds  string            // the directory of the relative names of Record, where sounds are found; empty: nothing is recorded
	Calls   string            // that of MixMonitor; empty: Sounds
	Dirs    []string          // others in which absolute names may lie
	Map     map[string]string // prefix of absolute names → the directory that stands for it
	Longest time.Duration     // of a recording; 0: an hour
}

// longest is how long a recording may be.
func (r Recordings) longest() time.Duration { return cmp.Or(r.Longest, time.Hour) }

// place gives the directory and the path in it of a name that a dialplan gave, without its extension; home is where relative
// names lie. A name, which may be a caller's doing, never leads out of the directories: neither by .., nor by links, as
// the file is opened by os.Root.
func (r Recordings) place(name, home string) (dir, file string, err error) {
	if home == "" {
		return "", "", fmt.Errorf("recording %q: there is no directory for recordings", name)
	}
	clean := path.Clean(name)
	if strings.ContainsRune(name, 0) || name == "" || strings.HasSuffix(name, "/") {
		return "", "", fmt.Errorf("recording %q is no name of a file", name)
	}
	if !path.IsAbs(clean) {
		if !filepath.IsLocal(clean) || clean == "." {
			return "", "", fmt.Errorf("recording %q leads out of %s", name, home)
		}
		return home, clean, nil
	}
	longest := ""
	for prefix, stands := range r.Map {
		if prefix = path.Clean(prefix); len(prefix) > len(longest) && strings.HasPrefix(clean, prefix+"/") {
			longest, dir, file = prefix, stands, clean[len(prefix)+1:]
		}
	}
	if longest != "" {
		return dir, file, nil
	}
	allowed := append([]string{r.Sounds, r.Calls}, r.Dirs...)
	for _, dir := range allowed {
		full, err := filepath.Abs(dir)
		if err == nil && dir != "" && strings.HasPrefix(clean, full+"/") {
			return dir, clean[len(full)+1:], nil
		}
	}
	return "", "", fmt.Errorf("recording %q lies in none of the directories in which recordings may be made: %s", name, strings.Join(allowed, ", "))
}

// number puts the first number for %d with which there is no such file.
func number(root *os.Root, file string) (string, error) {
	for n := range 100000 {
		numbered := strings.ReplaceAll(file, "%d", fmt.Sprint(n))
		if _, err := root.Lstat(numbered); err != nil {
			return numbered, nil
		}
	}
	return "", fmt.Errorf("%s: all numbers are taken", file)
}
