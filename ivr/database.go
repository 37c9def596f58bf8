package ivr

import (
	"maps"
	"slices"
	"sync"
)

// Database keeps what DB(family/key) sets, for all calls and across restarts. It
// is safe for concurrent use.
type Database interface {
	Get(family, key string) (value string, ok bool)
	Put(family, key, value string) error
	Delete(family, key string) error
	Keys(family string) []string // sorted
}

// Database is the switch's, nil when there is none.
func (r *Run) Database() Database { return r.o.Database }

// Memory is a Database that lasts as long as the process; its zero value is empty
// and ready. It serves the simulator and tests.
type Memory struct {
	mu sync.Mutex
	m  map[string]map[string]string // family, key
}

// Get gives a value.
func (d *Memory) Get(family, key string) (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	value, ok := d.m[family][key]
	return value, ok
}

// Put sets a value.
func (d *Memory) Put(family, key, value string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.m == nil {
		d.m = map[string]map[string]string{}
	}
	if d.m[family] == nil {
		d.m[family] = map[string]string{}
	}
	d.m[family][key] = value
	return nil
}

// Delete removes a value.
func (d *Memory) Delete(family, key string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.m[family], key)
	return nil
}

// Keys gives the keys of a family, sorted.
func (d *Memory) Keys(family string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.m[family]))
}
