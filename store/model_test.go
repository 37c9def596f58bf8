package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// links is the model of the store: which objects there are ("incall 3") and which refer to which ("incall 3 schedule:
// schedule 2"). What the records hold besides is left out.
type links struct {
	objects map[string]bool
	refs    map[string]bool
}

func (l links) clone() links { return links{maps.Clone(l.objects), maps.Clone(l.refs)} }

// drop deletes an object and all that refers to it.
func (l links) drop(name string) {
	delete(l.objects, name)
	maps.DeleteFunc(l.refs, func(ref string, _ bool) bool {
		from, to, _ := strings.Cut(ref, ": ")
		return to == name || strings.HasPrefix(from, name+" ")
	})
}

// makers make an object of each kind, with a number n that no other has.
var makers = map[string]func(tx *Tx, tenant string, n int) (int, error){
	"incall": func(tx *Tx, tenant string, n int) (int, error) {
		v, err := tx.Incalls().Put(Incall{Tenant: tenant, Destination: Nowhere})
		return v.ID, err
	},
	"schedule": func(tx *Tx, tenant string, n int) (int, error) {
		v, err := tx.Schedules().Put(Schedule{Tenant: tenant, ClosedDestination: Nowhere})
		return v.ID, err
	},
	"ivr": func(tx *Tx, tenant string, n int) (int, error) {
		v, err := tx.IVRs().Put(IVR{Tenant: tenant})
		return v.ID, err
	},
	"extension": func(tx *Tx, tenant string, n int) (int, error) {
		v, err := tx.Extensions().Put(Extension{Exten: fmt.Sprint(n), Context: "from-extern"})
		return v.ID, err
	},
	"user": func(tx *Tx, tenant string, n int) (int, error) {
		v, err := tx.Users().Put(User{Tenant: tenant, Firstname: "u"})
		return v.ID, err
	},
	"group": func(tx *Tx, tenant string, n int) (int, error) {
		v, err := tx.Groups().Put(Group{Tenant: tenant, Name: fmt.Sprint(n)})
		return v.ID, err
	},
	"line": func(tx *Tx, tenant string, n int) (int, error) {
		v, err := tx.Lines().Put(Line{Context: "default"})
		return v.ID, err
	},
	"endpoint": func(tx *Tx, tenant string, n int) (int, error) {
		v, err := tx.Endpoints().Put(Endpoint{Tenant: tenant, Name: fmt.Sprint(n)})
		return v.ID, err
	},
	"trunk": func(tx *Tx, tenant string, n int) (int, error) {
		v, err := tx.Trunks().Put(Trunk{Managed: true})
		return v.ID, err
	},
	"outcall": func(tx *Tx, tenant string, n int) (int, error) {
		v, err := tx.Outcalls().Put(Outcall{Tenant: tenant, Name: fmt.Sprint(n)})
		return v.ID, err
	},
}

// deleters delete an object of each kind.
var deleters = map[string]func(tx *Tx, id int) error{
	"incall":    func(tx *Tx, id int) error { return tx.Incalls().Delete(id) },
	"schedule":  func(tx *Tx, id int) error { return tx.Schedules().Delete(id) },
	"ivr":       func(tx *Tx, id int) error { return tx.IVRs().Delete(id) },
	"extension": func(tx *Tx, id int) error { return tx.Extensions().Delete(id) },
	"user":      func(tx *Tx, id int) error { return tx.Users().Delete(id) },
	"group":     func(tx *Tx, id int) error { return tx.Groups().Delete(id) },
	"line":      func(tx *Tx, id int) error { return tx.Lines().Delete(id) },
	"endpoint":  func(tx *Tx, id int) error { return tx.Endpoints().Delete(id) },
	"trunk":     func(tx *Tx, id int) error { return tx.Trunks().Delete(id) },
	"outcall":   func(tx *Tx, id int) error { return tx.Outcalls().Delete(id) },
}

// linkers let an object refer to another; each stands under "kind field", and says to which kinds it may refer.
var linkers = map[string]struct {
	to   []string
	many bool // more than one at once; else the former one goes
	set  func(tx *Tx, from int, kind string, to int) error
}{
	"extension of": {[]string{"incall", "line", "group", "outcall"}, false, func(tx *Tx, from int, kind string, to int) error {
		return alter(tx.Extensions(), from, func(v *Extension) { v.Of = Owner{kind, to} })
	}},
	"incall schedule": {[]string{"schedule"}, false, func(tx *Tx, from int, _ string, to int) error {
		return alter(tx.Incalls(), from, func(v *Incall) { v.Schedule = to })
	}},
	"incall to": {[]string{"ivr", "user", "group", "outcall"}, false, func(tx *Tx, from int, kind string, to int) error {
		return alter(tx.Incalls(), from, func(v *Incall) { v.Destination = leading(kind, to) })
	}},
	"schedule to": {[]string{"ivr", "user", "group", "outcall"}, true, func(tx *Tx, from int, kind string, to int) error {
		return alter(tx.Schedules(), from, func(v *Schedule) {
			v.ExceptionalPeriods = append(slices.Clone(v.ExceptionalPeriods), ExceptionalPeriod{Destination: leading(kind, to)})
		})
	}},
	"ivr to": {[]string{"ivr", "user", "group", "outcall"}, true, func(tx *Tx, from int, kind string, to int) error {
		return alter(tx.IVRs(), from, func(v *IVR) {
			v.Choices = append(slices.Clone(v.Choices), Choice{Exten: "1", Destination: leading(kind, to)})
		})
	}},
	"user schedule": {[]string{"schedule"}, false, func(tx *Tx, from int, _ string, to int) error {
		return alter(tx.Users(), from, func(v *User) { v.Schedule = to })
	}},
	"group schedule": {[]string{"schedule"}, false, func(tx *Tx, from int, _ string, to int) error {
		return alter(tx.Groups(), from, func(v *Group) { v.Schedule = to })
	}},
	"group member": {[]string{"user"}, true, func(tx *Tx, from int, _ string, to int) error {
		return alter(tx.Groups(), from, func(v *Group) { v.Members = append(slices.Clone(v.Members), to) })
	}},
	"line user": {[]string{"user"}, false, func(tx *Tx, from int, _ string, to int) error {
		return alter(tx.Lines(), from, func(v *Line) { v.User = to })
	}},
	"line endpoint": {[]string{"endpoint"}, false, func(tx *Tx, from int, _ string, to int) error {
		return alter(tx.Lines(), from, func(v *Line) { v.Endpoint = endpointUUIDOf(tx, to) })
	}},
	"trunk endpoint": {[]string{"endpoint"}, false, func(tx *Tx, from int, _ string, to int) error {
		return alter(tx.Trunks(), from, func(v *Trunk) { v.Endpoint = endpointUUIDOf(tx, to) })
	}},
	"outcall trunk": {[]string{"trunk"}, true, func(tx *Tx, from int, _ string, to int) error {
		return alter(tx.Outcalls(), from, func(v *Outcall) { v.Trunks = append(slices.Clone(v.Trunks), to) })
	}},
	"outcall schedule": {[]string{"schedule"}, false, func(tx *Tx, from int, _ string, to int) error {
		return alter(tx.Outcalls(), from, func(v *Outcall) { v.Schedule = to })
	}},
}

func alter[T any](k Kind[T], id int, f func(*T)) error {
	before, _, ok := k.Get(id)
	if !ok {
		return fmt.Errorf("%d: %w", id, ErrNotFound)
	}
	v := *before
	f(&v)
	_, err := k.Put(v)
	return err
}

func leading(kind string, id int) Destination {
	return map[string]Destination{
		"ivr": {Type: DestinationIVR, IVRID: id}, "user": {Type: DestinationUser, UserID: id},
		"group": {Type: DestinationGroup, GroupID: id}, "outcall": {Type: DestinationOutcall, OutcallID: id},
	}[kind]
}

func endpointUUIDOf(tx *Tx, id int) string {
	e, _, _ := tx.Endpoints().Get(id)
	return e.UUID
}

// recordsOf is the objects and links as the records say.
func recordsOf(tx *Tx) links {
	l := links{map[string]bool{}, map[string]bool{}}
	ref := func(from string, id int, field, to string, toID int) {
		if toID != 0 {
			l.refs[fmt.Sprintf("%s %d %s: %s %d", from, id, field, to, toID)] = true
		}
	}
	endpoint := func(uuid string) int {
		if e, ok := tx.Endpoint(uuid); ok {
			return e.ID
		}
		return 0
	}
	there := func(kind string, id int) { l.objects[fmt.Sprint(kind, " ", id)] = true }
	for v := range tx.Extensions().All() {
		there("extension", v.ID)
		ref("extension", v.ID, "of", v.Of.Kind, v.Of.ID)
	}
	for v := range tx.Incalls().All() {
		there("incall", v.ID)
		ref("incall", v.ID, "schedule", "schedule", v.Schedule)
		ref("incall", v.ID, "to", v.Destination.Type, v.Destination.Target())
	}
	for v := range tx.Schedules().All() {
		there("schedule", v.ID)
		for _, d := range v.destinations() {
			ref("schedule", v.ID, "to", d.Type, d.Target())
		}
	}
	for v := range tx.IVRs().All() {
		there("ivr", v.ID)
		for _, d := range v.destinations() {
			ref("ivr", v.ID, "to", d.Type, d.Target())
		}
	}
	for v := range tx.Users().All() {
		there("user", v.ID)
		ref("user", v.ID, "schedule", "schedule", v.Schedule)
	}
	for v := range tx.Groups().All() {
		there("group", v.ID)
		ref("group", v.ID, "schedule", "schedule", v.Schedule)
		for _, id := range v.Members {
			ref("group", v.ID, "member", "user", id)
		}
	}
	for v := range tx.Lines().All() {
		there("line", v.ID)
		ref("line", v.ID, "user", "user", v.User)
		ref("line", v.ID, "endpoint", "endpoint", endpoint(v.Endpoint))
	}
	for v := range tx.Endpoints().All() {
		there("endpoint", v.ID)
	}
	for v := range tx.Trunks().All() {
		there("trunk", v.ID)
		ref("trunk", v.ID, "endpoint", "endpoint", endpoint(v.Endpoint))
	}
	for v := range tx.Outcalls().All() {
		there("outcall", v.ID)
		ref("outcall", v.ID, "schedule", "schedule", v.Schedule)
		for _, id := range v.Trunks {
			ref("outcall", v.ID, "trunk", "trunk", id)
		}
	}
	return l
}

// found are the links as the indexes say, asked of each object that could be referred to.
func found(tx *Tx, objects map[string]bool) map[string]bool {
	refs := map[string]bool{}
	for name := range objects {
		var kind string
		var id int
		fmt.Sscan(name, &kind, &id)
		add := func(from string, fromID int, field string) {
			refs[fmt.Sprintf("%s %d %s: %s", from, fromID, field, name)] = true
		}
		for v := range tx.ExtensionsOf(kind, id) {
			add("extension", v.ID, "of")
		}
		for v := range tx.IncallsTo(kind, id) {
			add("incall", v.ID, "to")
		}
		for v := range tx.SchedulesTo(kind, id) {
			add("schedule", v.ID, "to")
		}
		for v := range tx.IVRsTo(kind, id) {
			add("ivr", v.ID, "to")
		}
		switch kind {
		case "schedule":
			for v := range tx.IncallsOf(id) {
				add("incall", v.ID, "schedule")
			}
			for v := range tx.UsersOf(id) {
				add("user", v.ID, "schedule")
			}
			for v := range tx.GroupsOf(id) {
				add("group", v.ID, "schedule")
			}
			for v := range tx.OutcallsOf(id) {
				add("outcall", v.ID, "schedule")
			}
		case "user":
			for v := range tx.GroupsWith(id) {
				add("group", v.ID, "member")
			}
			for v := range tx.LinesOf(id) {
				add("line", v.ID, "user")
			}
		case "endpoint":
			if v, ok := tx.LineOf(endpointUUIDOf(tx, id)); ok {
				add("line", v.ID, "endpoint")
			}
			if v, ok := tx.TrunkOf(endpointUUIDOf(tx, id)); ok {
				add("trunk", v.ID, "endpoint")
			}
		case "trunk":
			for v := range tx.OutcallsBy(id) {
				add("outcall", v.ID, "trunk")
			}
		}
	}
	return refs
}

// modelled is a store beside its model.
type modelled struct {
	store *Store
	now   links
	last  map[string]int // the highest number that an object of a kind has had
	made  int
}

// step does one thing to a transaction and to a model of it, and tells whether the transaction may be kept.
func (m *modelled) step(t *rapid.T, tx *Tx, model *links, last map[string]int) (keep bool) {
	draw := func(kind string) (string, int, bool) {
		var names []string
		for name := range model.objects {
			if strings.HasPrefix(name, kind+" ") {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			return "", 0, false
		}
		slices.Sort(names)
		name := rapid.SampledFrom(names).Draw(t, kind)
		var id int
		fmt.Sscan(strings.TrimPrefix(name, kind), &id)
		return name, id, true
	}
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0, 1, 2, 3:
		kind := rapid.SampledFrom(slices.Sorted(maps.Keys(makers))).Draw(t, "kind")
		m.made++
		id, err := makers[kind](tx, tx.MasterTenant().UUID, m.made)
		if err != nil {
			t.Fatalf("making a %s: %v", kind, err)
		}
		if id != last[kind]+1 {
			t.Fatalf("a new %s has number %d, the last one had %d", kind, id, last[kind])
		}
		last[kind] = id
		model.objects[fmt.Sprint(kind, " ", id)] = true
	case 4, 5, 6, 7, 8:
		link := rapid.SampledFrom(slices.Sorted(maps.Keys(linkers))).Draw(t, "link")
		fromKind, field, _ := strings.Cut(link, " ")
		toKind := rapid.SampledFrom(linkers[link].to).Draw(t, "to")
		from, fromID, ok1 := draw(fromKind)
		to, toID, ok2 := draw(toKind)
		if !ok1 || !ok2 {
			return true
		}
		err := linkers[link].set(tx, fromID, toKind, toID)
		if field == "endpoint" { // which only one line or trunk may have
			for ref := range model.refs {
				user, of, _ := strings.Cut(ref, " endpoint: ")
				if of != to || user == from {
					continue
				}
				if sameKind := strings.HasPrefix(user, fromKind+" "); sameKind != (err != nil) {
					t.Fatalf("%s gets %s of %s: %v", from, to, user, err)
				}
				return false
			}
		}
		if err != nil {
			t.Fatalf("%s of %s is to be %s: %v", field, from, to, err)
		}
		if !linkers[link].many {
			maps.DeleteFunc(model.refs, func(ref string, _ bool) bool { return strings.HasPrefix(ref, from+" "+field+": ") })
		}
		model.refs[from+" "+field+": "+to] = true
	default:
		kind := rapid.SampledFrom(slices.Sorted(maps.Keys(deleters))).Draw(t, "kind")
		name, id, ok := draw(kind)
		if !ok {
			return true
		}
		if err := deleters[kind](tx, id); err != nil {
			t.Fatalf("deleting %s: %v", name, err)
		}
		model.drop(name)
	}
	return true
}

// same says how two sets differ.
func same(t *rapid.T, what string, want, got map[string]bool) {
	if !maps.Equal(want, got) {
		t.Fatalf("%s: %s", what, cmp.Diff(want, got))
	}
}

// Objects are made, linked and deleted at random, several in a transaction, and some transactions are given up; the
// store is closed and opened in between. It always holds what the model holds, its indexes find just the links that
// the records say, and a number is never given twice.
func TestObjectsAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := open(t, t.TempDir(), Options{})
		s.engine.db.NoSync = true // nothing is lost here but time
		m := &modelled{store: s, now: links{map[string]bool{}, map[string]bool{}}, last: map[string]int{}}
		rt.Repeat(map[string]func(*rapid.T){
			"update": func(rt *rapid.T) {
				gaveUp := errors.New("given up")
				next, last := m.now.clone(), maps.Clone(m.last)
				var failed any
				err := m.store.Update(func(tx *Tx) (err error) {
					defer func() { // rapid ends a case by a panic, which belongs to its own goroutine
						if failed = recover(); failed != nil {
							err = gaveUp
						}
					}()
					for range rapid.IntRange(1, 12).Draw(rt, "steps") {
						if !m.step(rt, tx, &next, last) {
							return gaveUp
						}
					}
					if rapid.IntRange(0, 5).Draw(rt, "keep") == 0 {
						return gaveUp
					}
					return nil
				})
				if failed != nil {
					panic(failed)
				}
				if err == nil {
					m.now, m.last = next, last
				} else if !errors.Is(err, gaveUp) {
					rt.Fatal(err)
				}
			},
			"open again": func(rt *rapid.T) {
				if rapid.IntRange(0, 4).Draw(rt, "now") > 0 {
					return
				}
				m.store = reopen(t, m.store, Options{})
				m.store.engine.db.NoSync = true
			},
			"": func(rt *rapid.T) {
				m.store.View(func(tx *Tx) error {
					got := recordsOf(tx)
					same(rt, "objects", m.now.objects, got.objects)
					same(rt, "links", m.now.refs, got.refs)
					same(rt, "links by index", m.now.refs, found(tx, m.now.objects))
					return nil
				})
			},
		})
		m.store.Close()
	})
}
