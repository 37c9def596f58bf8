package rates

import "time"

// Generations is a map that forgets: what was not put for between one and two lives is gone. It holds most entries twice at most: a
// generation that is full ends early, so that strangers who come from ever new addresses push out each other and
// cost no more memory.
type Generations[K comparable, V any] struct {
	Life time.Duration
	Most int

	now, before map[K]V
	turned      time.Time
}

// Get finds what was put.
func (g *Generations[K, V]) Get(key K, now time.Time) (V, bool) {
	age := now.Sub(g.turned)
	if v, ok := g.now[key]; ok && age < 2*g.Life {
		return v, true
	}
	v, ok := g.before[key]
	return v, ok && age < g.Life
}

// Put keeps a value.
func (g *Generations[K, V]) Put(key K, v V, now time.Time) {
	switch age := now.Sub(g.turned); {
	case g.now == nil || age >= 2*g.Life:
		g.now, g.before, g.turned = make(map[K]V), nil, now
	case age >= g.Life || len(g.now) >= g.Most:
		g.now, g.before, g.turned = make(map[K]V), g.now, now
	}
	g.now[key] = v
}

// Remove forgets a key.
func (g *Generations[K, V]) Remove(key K) {
	delete(g.now, key)
	delete(g.before, key)
}

// Len is the number of entries that are held, of both generations.
func (g *Generations[K, V]) Len() int { return len(g.now) + len(g.before) }
