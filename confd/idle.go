package confd

import "sync"

// idles are what was told once of having no effect.
type idles struct {
	mu   sync.Mutex
	told map[string]bool
}

// maxIdles bounds them; there are fewer options than that.
const maxIdles = 1000

// idle logs, once, that something is kept and shown and has no effect: an "option of an endpoint", by its name.
func (a *API) idle(what, name string) {
	a.idles.mu.Lock()
	told := a.idles.told[what+name] || len(a.idles.told) >= maxIdles
	if !told {
		if a.idles.told == nil {
			a.idles.told = map[string]bool{}
		}
		a.idles.told[what+name] = true
	}
	a.idles.mu.Unlock()
	if !told {
		a.log.Warn("kept without an effect", "what", what, "name", name)
	}
}
