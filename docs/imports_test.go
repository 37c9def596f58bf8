// Package docs holds the documentation against the code: what a page says of the code is a test here.
package docs

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// architecture.md's table of rooms says which room may import which. Every package of the module stands in it,
// every import of ours is in its row, and the row names no import that the code does not have.
func TestImportsAreThoseOfTheArchitecturePage(t *testing.T) {
	allowed := readRooms(t, "architecture.md")
	for path, imports := range listPackages(t) {
		row, ok := allowed[path]
		if !ok {
			t.Errorf("package %s is not in the table of rooms", path)
			continue
		}
		delete(allowed, path)
		if slices.Contains(row, "any") {
			continue
		}
		for _, other := range imports {
			if !slices.Contains(row, other) {
				t.Errorf("%s imports %s: an arrow that the table of rooms does not have", path, other)
			}
		}
		for _, other := range row {
			if !slices.Contains(imports, other) {
				t.Errorf("the table of rooms says that %s imports %s, the code does not", path, other)
			}
		}
	}
	for path := range allowed {
		t.Errorf("the table of rooms has %s, the code does not", path)
	}
}

var quoted = regexp.MustCompile("`([^`]+)`")

// readRooms reads the table whose first column's title is "room".
func readRooms(t *testing.T, page string) map[string][]string {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "| room |")
	if !ok {
		t.Fatalf("%s has no table of rooms", page)
	}
	rooms := map[string][]string{}
	for _, line := range strings.Split(table, "\n")[2:] {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			break
		}
		name := quoted.FindStringSubmatch(cells[1])
		if name == nil {
			t.Fatalf("a row of the table of rooms names no package: %s", line)
		}
		imports := []string{}
		for _, m := range quoted.FindAllStringSubmatch(cells[3], -1) {
			imports = append(imports, m[1])
		}
		if strings.TrimSpace(cells[3]) == "any" {
			imports = append(imports, "any")
		}
		rooms[name[1]] = imports
	}
	return rooms
}

// listPackages gives each package's imports of ours, without its tests'. Packages that hold tests alone are left out.
func listPackages(t *testing.T) map[string][]string {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,GoFiles", "dialtone/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := map[string][]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath       string
			Imports, GoFiles []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) == 0 {
			continue
		}
		ours := []string{}
		for _, i := range p.Imports {
			if other, ok := strings.CutPrefix(i, "dialtone/"); ok {
				ours = append(ours, other)
			}
		}
		packages[strings.TrimPrefix(p.ImportPath, "dialtone/")] = ours
	}
}
