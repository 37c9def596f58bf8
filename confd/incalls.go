package confd

import (
	"fmt"

	"dialtone/store"
)

// incalls are what becomes of calls from outside.
func incalls() resource[store.Incall] {
	return resource[store.Incall]{
		path: "/incalls", name: "Incall",
		kind:   (*store.Tx).Incalls,
		id:     func(i *store.Incall) int { return i.ID },
		tenant: func(i *store.Incall) string { return i.Tenant },
		columns: func(r *request) []column[store.Incall] {
			return []column[store.Incall]{
				everything("preprocess_subroutine", func(i *store.Incall) any { return orNull(i.PreprocessSubroutine) }),
				everything("greeting_sound", func(i *store.Incall) any { return orNull(i.GreetingSound) }),
				everything("description", func(i *store.Incall) any { return orNull(i.Description) }),
				everything("exten", func(i *store.Incall) any { return extensOf(r.tx, store.OwnerIncall, i.ID) }),
				{name: "user_id", order: true, match: true, value: func(i *store.Incall) any {
					if i.Destination.Type != store.DestinationUser {
						return nil
					}
					return i.Destination.UserID
				}},
			}
		},
		order:  "exten",
		fresh:  func(r *request) store.Incall { return store.Incall{Tenant: r.tenant} },
		fields: readIncall,
		after:  joinIncall,
		show:   func(r *request, i *store.Incall) any { return showIncall(r, i) },
	}
}

// incallRoutes are those of incalls, with their numbers and schedules.
func incallRoutes() []route {
	return append(incalls().routes(),
		route{method: "PUT", path: "/incalls/{incall_id}/extensions/{extension_id}", handle: addIncallExtension},
		route{method: "DELETE", path: "/incalls/{incall_id}/extensions/{extension_id}", handle: removeIncallExtension},
		route{method: "PUT", path: "/incalls/{incall_id}/schedules/{schedule_id}", handle: addIncallSchedule},
		route{method: "DELETE", path: "/incalls/{incall_id}/schedules/{schedule_id}", handle: removeIncallSchedule},
	)
}

// shownIncall is an incall as GET shows it.
type shownIncall struct {
	ID                   int            `json:"id"`
	TenantUUID           string         `json:"tenant_uuid"`
	PreprocessSubroutine any            `json:"preprocess_subroutine"` // a string, or nil; as the next four
	GreetingSound        any            `json:"greeting_sound"`
	CallerIDMode         any            `json:"caller_id_mode"`
	CallerIDName         any            `json:"caller_id_name"`
	Description          any            `json:"description"`
	Destination          map[string]any `json:"destination"`
	Extensions           []numberOf     `json:"extensions"`
	Schedules            []named        `json:"schedules"`
	Links                []link         `json:"links"`
}

func incallPath(id int) string { return fmt.Sprintf("/incalls/%d", id) }

func showIncall(r *request, i *store.Incall) shownIncall {
	return shownIncall{
		ID: i.ID, TenantUUID: i.Tenant,
		PreprocessSubroutine: orNull(i.PreprocessSubroutine), GreetingSound: orNull(i.GreetingSound),
		CallerIDMode: orNull(i.CallerIDMode), CallerIDName: orNull(i.CallerIDName), Description: orNull(i.Description),
		Destination: showDestination(r.tx, i.Destination),
		Extensions:  numbersOf(r, store.OwnerIncall, i.ID),
		Schedules:   schedulesOf(r, i.Schedule),
		Links:       r.links("incalls", incallPath(i.ID)),
	}
}

// incallTo is an incall as what it leads to shows it.
type incallTo struct {
	ID         int        `json:"id"`
	Extensions []numberOf `json:"extensions"`
	Links      []link     `json:"links"`
}

// incallsTo are the incalls that lead to an object; the type is that of the destination.
func incallsTo(r *request, destinationType string, id int) []incallTo {
	all := []incallTo{}
	for i := range r.tx.IncallsTo(destinationType, id) {
		all = append(all, incallTo{i.ID, numbersOf(r, store.OwnerIncall, i.ID), r.links("incalls", incallPath(i.ID))})
	}
	return all
}

// readIncall reads an incall's fields.
func readIncall(r *request, o *object, i *store.Incall) {
	o.text("preprocess_subroutine", &i.PreprocessSubroutine, nullable, length(0, 79))
	o.text("greeting_sound", &i.GreetingSound, nullable, length(0, 255))
	o.text("caller_id_mode", &i.CallerIDMode, nullable, oneOf("prepend", "overwrite", "append"))
	o.text("caller_id_name", &i.CallerIDName, nullable, length(0, 80))
	o.text("description", &i.Description, nullable)
	r.destination(o, "destination", "destination", &i.Destination, required)
	if !o.partial {
		readJoined(o)
	}
}

// joinedWith is what a new incall is joined with.
type joinedWith struct {
	extensions []store.Extension
	schedules  []int
}

// readJoined reads what POST may carry beyond the original: a number that is made and a schedule, as
// "extensions": [{"exten", "context"}], "schedules": [{"id"}]. A number with an id is one that GET showed, of another incall: as in the original
// it is only for show.
func readJoined(o *object) (with joinedWith) {
	o.list("extensions", func(int) {}, func(_ int, o *object) {
		if o.has("id") {
			return
		}
		e := store.Extension{Enabled: true}
		readExtension(o, &e)
		with.extensions = append(with.extensions, e)
	}, nullable)
	o.list("schedules", func(n int) { with.schedules = make([]int, n) }, func(n int, o *object) {
		o.number("id", &with.schedules[n], required)
	}, nullable)
	return with
}

// joinIncall joins a new incall with what its body says.
func joinIncall(r *request, i *store.Incall) error {
	var with joinedWith
	if err := r.read(func(o *object) { with = readJoined(o) }); err != nil {
		return err
	}
	for _, e := range with.extensions {
		e, err := newExtension(r, e)
		if err == nil {
			err = giveExtension(r, i, &e)
		}
		if err != nil {
			return err
		}
	}
	for _, id := range with.schedules {
		s, err := schedules().byID(r, id)
		if err != nil {
			return missing("schedules", "Schedule", "id", id)
		}
		now, _, _ := r.tx.Incalls().Get(i.ID)
		if err := giveSchedule(r, now, s); err != nil {
			return err
		}
	}
	return nil
}

// incallExtension gives the incall and the extension of a path.
func incallExtension(r *request) (*store.Incall, *store.Extension, error) {
	i, err := incalls().byID(r, r.id("incall_id"))
	if err != nil {
		return nil, nil, err
	}
	e, err := extensions().byID(r, r.id("extension_id"))
	return i, e, err
}

func addIncallExtension(r *request) (answer, error) {
	i, e, err := incallExtension(r)
	if err != nil {
		return answer{}, err
	}
	return done(), giveExtension(r, i, e)
}

// giveExtension gives an incall its number.
func giveExtension(r *request, i *store.Incall, e *store.Extension) error {
	owner := store.Owner{Kind: store.OwnerIncall, ID: i.ID}
	if e.Of == owner {
		return nil
	}
	if err := sameTenant(store.OwnerIncall, i.Tenant, "extension", e.Tenant); err != nil {
		return err
	}
	for other := range r.tx.ExtensionsOf(owner.Kind, owner.ID) {
		return resourceError("Incall is associated with a Extension", "incall_id", i.ID, "extension_id", other.ID)
	}
	return giveTo(r, e, owner, store.OutcallNumber{})
}

func removeIncallExtension(r *request) (answer, error) {
	i, e, err := incallExtension(r)
	if err != nil {
		return answer{}, err
	}
	return done(), takeFrom(r, e, store.Owner{Kind: store.OwnerIncall, ID: i.ID})
}

// incallSchedule gives the incall and the schedule of a path.
func incallSchedule(r *request) (*store.Incall, *store.Schedule, error) {
	i, err := incalls().byID(r, r.id("incall_id"))
	if err != nil {
		return nil, nil, err
	}
	s, err := schedules().byID(r, r.id("schedule_id"))
	return i, s, err
}

func addIncallSchedule(r *request) (answer, error) {
	i, s, err := incallSchedule(r)
	if err != nil {
		return answer{}, err
	}
	return done(), giveSchedule(r, i, s)
}

// giveSchedule gives an incall its schedule.
func giveSchedule(r *request, i *store.Incall, s *store.Schedule) error {
	if i.Schedule == s.ID {
		return nil
	}
	if err := checkScheduled(store.OwnerIncall, i.ID, i.Tenant, i.Schedule, s); err != nil {
		return err
	}
	with := *i
	with.Schedule = s.ID
	_, err := r.tx.Incalls().Put(with)
	return err
}

func removeIncallSchedule(r *request) (answer, error) {
	i, s, err := incallSchedule(r)
	if err != nil || i.Schedule != s.ID {
		return done(), err
	}
	without := *i
	without.Schedule = 0
	_, err = r.tx.Incalls().Put(without)
	return done(), err
}
