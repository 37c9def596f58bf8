package confd

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is what incalls, their numbers and their schedules should be; 0 stands for none.
type model struct {
	incallOf   map[int]int // by extension
	scheduleOf map[int]int // by incall
	schedules  map[int]int // each by itself
}

// associate gives an object another one, or takes it away, in a map of those; known tells that the other is there, alone that only one may
// have it. It returns the status that REST should answer.
func associate(of map[int]int, object, other int, known, add, alone bool) int {
	has, there := of[object]
	switch {
	case !there || !known:
		return 404
	case add == (has == other): // it is so already
		return 204
	case !add:
		of[object] = 0
		return 204
	case has != 0 || alone && slices.Contains(slices.Collect(maps.Values(of)), other):
		return 400
	}
	of[object] = other
	return 204
}

// remove deletes an object and lets go of it what has it.
func remove(of map[int]int, object int, having map[int]int) int {
	if _, there := of[object]; !there {
		return 404
	}
	delete(of, object)
	for other, has := range having {
		if has == object {
			having[other] = 0
		}
	}
	return 204
}

// TestAnyOrderOfRequests makes, joins, parts and deletes incalls, numbers and schedules in random order, and holds each status and, in the end,
// each object against the model.
func TestAnyOrderOfRequests(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			l, random := newLab(t), rand.New(rand.NewPCG(seed, 0))
			m := model{map[int]int{}, map[int]int{}, map[int]int{}}
			some := func(of map[int]int) int { return 1 + random.IntN(len(of)+2) } // or one that is not there
			for step := range 200 {
				e, i, s := some(m.incallOf), some(m.scheduleOf), some(m.schedules)
				method, add := "DELETE", random.IntN(3) > 0
				if add {
					method = "PUT"
				}
				switch random.IntN(9) {
				case 0:
					m.incallOf[l.id("/extensions", fmt.Sprintf(`{"exten": "%d", "context": "from-extern"}`, step))] = 0
				case 1:
					m.scheduleOf[l.id("/incalls", `{"destination": {"type": "none"}}`)] = 0
				case 2:
					id := l.id("/schedules", `{"closed_destination": {"type": "none"}}`)
					m.schedules[id] = id
				case 3, 4:
					_, known := m.scheduleOf[i]
					l.ask(method, fmt.Sprintf("/incalls/%d/extensions/%d", i, e), nil).want(associate(m.incallOf, e, i, known, add, true))
				case 5, 6:
					_, known := m.schedules[s]
					l.ask(method, fmt.Sprintf("/incalls/%d/schedules/%d", i, s), nil).want(associate(m.scheduleOf, i, s, known, add, false))
				case 7:
					status := 400
					if m.incallOf[e] == 0 {
						status = remove(m.incallOf, e, nil)
					}
					l.ask("DELETE", fmt.Sprintf("/extensions/%d", e), nil).want(status)
				case 8:
					if add {
						l.ask("DELETE", fmt.Sprintf("/incalls/%d", i), nil).want(remove(m.scheduleOf, i, m.incallOf))
					} else {
						l.ask("DELETE", fmt.Sprintf("/schedules/%d", s), nil).want(remove(m.schedules, s, m.scheduleOf))
					}
				}
			}
			for e, incall := range m.incallOf {
				want := `{"incall": null}`
				if incall != 0 {
					want = fmt.Sprintf(`{"incall": {"id": %d}}`, incall)
				}
				l.shows(fmt.Sprintf("/extensions/%d", e), want)
			}
			for i, schedule := range m.scheduleOf {
				want := `{"schedules": []}`
				if schedule != 0 {
					want = fmt.Sprintf(`{"schedules": [{"id": %d, "name": null}]}`, schedule)
				}
				l.shows(fmt.Sprintf("/incalls/%d", i), want)
			}
			for path, of := range map[string]map[int]int{"/extensions": m.incallOf, "/incalls": m.scheduleOf, "/schedules": m.schedules} {
				if total := l.number(l.get(path), "total"); total != len(of) {
					t.Errorf("%s: %d, want %d", path, total, len(of))
				}
			}
		})
	}
}
