package store

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// contents are all keys of a tree with their values, which must be in order.
func contents(t interface{ Fatalf(string, ...any) }, tr tree[int, int]) map[int]int {
	found, last := map[int]int{}, -1
	for key, v := range tr.all() {
		if key <= last {
			t.Fatalf("%d comes after %d", key, last)
		}
		found[key], last = v, key
	}
	if len(found) != tr.size {
		t.Fatalf("%d keys, the size is %d", len(found), tr.size)
	}
	return found
}

// Whatever is put and deleted, a tree is the map that it should be, and a state of it that was kept stays as it was.
func TestTreeIsAMapWithStates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, model := tree[int, int]{compare: cmp.Compare[int]}, map[int]int{}
		type kept struct {
			tree  tree[int, int]
			model map[int]int
		}
		var states []kept
		o, value := new(owner), 0
		key := rapid.IntRange(0, 400)
		t.Repeat(map[string]func(*rapid.T){
			"put a run": func(t *rapid.T) { // enough to fill nodes
				first, step := key.Draw(t, "first"), rapid.IntRange(-3, 3).Draw(t, "step")
				for i := range rapid.IntRange(1, 200).Draw(t, "n") {
					if k := first + i*step; k >= 0 {
						value++
						now.put(o, k, value)
						model[k] = value
					}
				}
			},
			"delete a run": func(t *rapid.T) {
				first := key.Draw(t, "first")
				for k := first; k < first+rapid.IntRange(1, 200).Draw(t, "n"); k++ {
					now.delete(o, k)
					delete(model, k)
				}
			},
			"keep": func(t *rapid.T) {
				if len(states) < 8 {
					states = append(states, kept{now, maps.Clone(model)})
				}
				o = new(owner)
			},
			"": func(t *rapid.T) {
				if !maps.Equal(contents(t, now), model) {
					t.Fatalf("%v, want %v", contents(t, now), model)
				}
				for _, s := range states {
					if !maps.Equal(contents(t, s.tree), s.model) {
						t.Fatalf("a state that was kept has changed")
					}
				}
				k := key.Draw(t, "key")
				v, ok := now.get(k)
				if want, there := model[k]; ok != there || v != want {
					t.Fatalf("%d: %d, %v", k, v, ok)
				}
				var from []int
				for k := range now.from(k) {
					from = append(from, k)
				}
				want := slices.Sorted(maps.Keys(model))
				i, _ := slices.BinarySearch(want, k)
				if !slices.Equal(from, want[i:]) {
					t.Fatalf("from %d: %v, want %v", k, from, want[i:])
				}
			},
		})
	})
}
