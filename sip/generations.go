package sip

import "time"

// generations is a map that forgets: what was not put for between one and two lives is gone. It holds most entries twice at most: a
// generation that is full ends early, so that strangers who come from ever new addresses push out each other and
// cost no more memory.
type generations[K comparable, V any] struct {
	life time.Duration
	most int

	now, before map[K]V
	turned      time.Time
}

// get finds what was put.
func (g *generations[K, V]) get(key K, now time.Time) (V, bool) {
	age := now.Sub(g.turned)
	if v, ok := g.now[key]; ok && age < 2*g.life {
		return v, true
	}
	v, ok := g.before[key]
	return v, ok && age < g.life
}

// put keeps a value.
func (g *generations[K, V]) put(key K, v V, now time.Time) {
	switch age := now.Sub(g.turned); {
	case g.now == nil || age >= 2*g.life:
		g.now, g.before, g.turned = make(map[K]V), nil, now
	case age >= g.life || len(g.now) >= g.most:
		g.now, g.before, g.turned = make(map[K]V), g.now, now
	}
	g.now[key] = v
}

// remove forgets a key.
func (g *generations[K, V]) remove(key K) {
	delete(g.now, key)
	delete(g.before, key)
}
