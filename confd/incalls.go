package confd

import (
	"fmt"
	"slices"

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
				everything("preprocess_subroutine", func(i *store.Incall) any { return i.Blanks.Text("preprocess_subroutine", i.PreprocessSubroutine) }),
				everything("greeting_sound", func(i *store.Incall) any { return i.Blanks.Text("greeting_sound", i.GreetingSound) }),
				everything("description", func(i *store.Incall) any { return i.Blanks.Text("description", i.Description) }),
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
	return slices.Concat(incalls().routes(), numberedIncalls().routes(), scheduledIncalls().routes())
}

func numberedIncalls() numbered[store.Incall] { return numbered[store.Incall]{resource: incalls()} }

func scheduledIncalls() scheduled[store.Incall] {
	return scheduled[store.Incall]{incalls(), func(i *store.Incall) *int { return &i.Schedule }}
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
		PreprocessSubroutine: i.Blanks.Text("preprocess_subroutine", i.PreprocessSubroutine), GreetingSound: i.Blanks.Text("greeting_sound", i.GreetingSound),
		CallerIDMode: orNull(i.CallerIDMode), CallerIDName: orNull(i.CallerIDName), Description: i.Blanks.Text("description", i.Description),
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
	o.textOrNull("preprocess_subroutine", &i.PreprocessSubroutine, &i.Blanks, length(0, 79))
	o.textOrNull("greeting_sound", &i.GreetingSound, &i.Blanks, length(0, 255))
	o.text("caller_id_mode", &i.CallerIDMode, nullable, oneOf("prepend", "overwrite", "append"))
	o.text("caller_id_name", &i.CallerIDName, nullable, length(0, 80))
	o.textOrNull("description", &i.Description, &i.Blanks)
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
			err = numberedIncalls().give(r, i, &e)
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
		if err := scheduledIncalls().give(r, now, s); err != nil {
			return err
		}
	}
	return nil
}
