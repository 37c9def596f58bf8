package confd

import "sync"

// idles are what was told once of having no effect.
type idles struct {
	mu   sync.Mutex
	told map[string]bool
}

// maxIdles bounds them; there are fewer options than that.
const maxIdles = 1000

// idle logs, once each, that something is kept and shown and has no effect: an "option of an endpoint", by its name.
func (a *API) idle(what string, names ...string) {
	for _, name := range names {
		if a.idles.first(what + " " + name) {
			a.log.Warn("kept without an effect", "what", what, "name", name)
		}
	}
}

// first tells whether a name was not told of before, and notes it.
func (i *idles) first(name string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.told[name] || len(i.told) >= maxIdles {
		return false
	}
	if i.told == nil {
		i.told = map[string]bool{}
	}
	i.told[name] = true
	return true
}
