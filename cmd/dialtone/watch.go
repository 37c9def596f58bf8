package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// How long the files of a dialplan have to be left alone until they are read again, and the longest that constant
// changes put that off.
const (
	quietTime = 300 * time.Millisecond
	latest    = 2 * time.Second
)

// footprint is what lay at the paths and patterns that a dialplan was looked for at.
type footprint map[string][]fs.FileInfo

// add notes what lies at a path or pattern now.
func (f footprint) add(path string) {
	if _, ok := f[path]; !ok {
		f[path] = present(path)
	}
}

// present is what lies at a path, which may be a pattern.
func present(path string) []fs.FileInfo {
	names, err := filepath.Glob(path)
	if err != nil || !slices.Contains(names, path) {
		names = append(names, path)
	}
	var list []fs.FileInfo
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			list = append(list, info)
		}
	}
	return list
}

// changed tells whether something else lies there now.
func (f footprint) changed() bool {
	for path, before := range f {
		if !slices.EqualFunc(before, present(path), same) {
			return true
		}
	}
	return false
}

// same tells that a file has not been changed. A directory is the same whatever lies in it.
func same(a, b fs.FileInfo) bool {
	if a.IsDir() && b.IsDir() {
		return true
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode()
}

// directories are those in which something happens when what lies at one of the paths changes: also where links on the
// way point to, and where a directory that is not there yet would be made.
func (f footprint) directories() []string {
	found := map[string]bool{}
	for path := range f {
		if abs, err := filepath.Abs(path); err == nil {
			walk(string(filepath.Separator), strings.Split(strings.Trim(filepath.ToSlash(abs), "/"), "/"), found, 0)
		}
	}
	var list []string
	for dir := range found {
		list = append(list, dir)
	}
	return list
}

// maxLinks bounds the links on the way to a file.
const maxLinks = 40

// walk follows a path that stands in dir, part by part; the directory of the last part, and those of links, are found.
func walk(dir string, parts []string, found map[string]bool, links int) {
	if len(parts) == 0 || links > maxLinks {
		return
	}
	part, rest := parts[0], parts[1:]
	if len(rest) == 0 {
		found[dir] = true
	}
	if strings.ContainsAny(part, `*?[\`) {
		found[dir] = true
		entries, err := os.ReadDir(dir)
		if err != nil {
			return
		}
		for _, e := range entries {
			if ok, _ := filepath.Match(part, e.Name()); ok {
				walkEntry(dir, e.Name(), rest, found, links)
			}
		}
		return
	}
	walkEntry(dir, part, rest, found, links)
}

func walkEntry(dir, name string, rest []string, found map[string]bool, links int) {
	path := filepath.Join(dir, name)
	info, err := os.Lstat(path)
	if err != nil {
		found[dir] = true
		return
	}
	if info.Mode()&fs.ModeSymlink == 0 {
		walk(path, rest, found, links)
		return
	}
	found[dir] = true
	target, err := os.Readlink(path)
	if err != nil {
		return
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(dir, target)
	}
	parts := strings.Split(strings.Trim(filepath.ToSlash(filepath.Clean(target)), "/"), "/")
	walk(string(filepath.Separator), append(parts, rest...), found, links+1)
}

// follow loads the dialplan again when its files have changed, until done is closed.
func (f *dialplanFiles) follow(done <-chan struct{}) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		f.log.Warn("changes of the dialplan are not noticed; `dialtone reload` and SIGHUP read it again", "error", err)
		return
	}
	defer w.Close()
	quiet := time.NewTimer(0) // the first look: something may have changed since the load
	defer quiet.Stop()
	var first time.Time // of the changes that have not been looked at
	f.arm(w)
	for {
		select {
		case <-done:
			return
		case <-f.loaded:
			f.arm(w)
		case <-w.Events:
			if first.IsZero() {
				first = time.Now()
			}
			quiet.Reset(min(quietTime, max(0, time.Until(first.Add(latest)))))
		case err := <-w.Errors:
			f.log.Warn("watching the dialplan", "error", err)
			quiet.Reset(quietTime)
		case <-quiet.C:
			first = time.Time{}
			f.arm(w) // a directory may have come
			if f.footprint().changed() {
				f.log.Info("the dialplan has changed: reading it again")
				f.load()
			}
		}
	}
}

// footprint is that of the last load.
func (f *dialplanFiles) footprint() footprint {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

// arm makes the watcher watch what the last load has seen, and nothing else.
func (f *dialplanFiles) arm(w *fsnotify.Watcher) {
	wanted := f.footprint().directories()
	present := w.WatchList()
	for _, dir := range wanted {
		if err := w.Add(dir); err != nil && !slices.Contains(present, dir) {
			f.log.Warn("changes in a directory are not noticed; `dialtone reload` and SIGHUP read the dialplan again", "directory", dir, "error", err)
		}
	}
	for _, dir := range present {
		if !slices.Contains(wanted, dir) {
			w.Remove(dir)
		}
	}
}
