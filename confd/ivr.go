package confd

import (
	"fmt"

	"dialtone/store"
)

// ivrs are menus.
func ivrs() resource[store.IVR] {
	return resource[store.IVR]{
		path: "/ivr", name: "IVR",
		kind:   (*store.Tx).IVRs,
		id:     func(i *store.IVR) int { return i.ID },
		tenant: func(i *store.IVR) string { return i.Tenant },
		columns: func(r *request) []column[store.IVR] {
			return []column[store.IVR]{
				everything("id", func(i *store.IVR) any { return i.ID }),
				everything("name", func(i *store.IVR) any { return i.Name }),
				everything("description", func(i *store.IVR) any { return i.Blanks.Text("description", i.Description) }),
				{name: "exten", search: true, match: true, value: func(i *store.IVR) any {
					var extens []string
					for in := range r.tx.IncallsTo(store.DestinationIVR, i.ID) {
						extens = append(extens, extensOf(r.tx, store.OwnerIncall, in.ID)...)
					}
					return extens
				}},
			}
		},
		order:  "id",
		fresh:  func(r *request) store.IVR { return store.IVR{Tenant: r.tenant, Timeout: 5, MaxTries: 3} },
		fields: readIVR,
		check:  func(_ *request, _, i *store.IVR) error { return checkChoices(i.Choices) },
		show:   func(r *request, i *store.IVR) any { return showIVR(r, i) },
	}
}

// shownIVR is a menu as GET shows it.
type shownIVR struct {
	ID                 int           `json:"id"`
	TenantUUID         string        `json:"tenant_uuid"`
	Name               string        `json:"name"`
	Description        any           `json:"description"` // a string, or nil; as the sounds
	MenuSound          string        `json:"menu_sound"`
	GreetingSound      any           `json:"greeting_sound"`
	InvalidSound       any           `json:"invalid_sound"`
	AbortSound         any           `json:"abort_sound"`
	Timeout            int           `json:"timeout"`
	MaxTries           int           `json:"max_tries"`
	InvalidDestination any           `json:"invalid_destination"` // a destination, or nil; as the next two
	TimeoutDestination any           `json:"timeout_destination"`
	AbortDestination   any           `json:"abort_destination"`
	Choices            []shownChoice `json:"choices"`
	Incalls            []incallTo    `json:"incalls"`
	Links              []link        `json:"links"`
}

type shownChoice struct {
	Exten       string         `json:"exten"`
	Destination map[string]any `json:"destination"`
}

func ivrPath(id int) string { return fmt.Sprintf("/ivr/%d", id) }

func showIVR(r *request, i *store.IVR) shownIVR {
	shown := shownIVR{
		ID: i.ID, TenantUUID: i.Tenant, Name: i.Name, Description: i.Blanks.Text("description", i.Description), MenuSound: i.MenuSound,
		GreetingSound: i.Blanks.Text("greeting_sound", i.GreetingSound), InvalidSound: i.Blanks.Text("invalid_sound", i.InvalidSound), AbortSound: i.Blanks.Text("abort_sound", i.AbortSound),
		Timeout: i.Timeout, MaxTries: i.MaxTries,
		InvalidDestination: showDestinationOrNull(r.tx, i.InvalidDestination),
		TimeoutDestination: showDestinationOrNull(r.tx, i.TimeoutDestination),
		AbortDestination:   showDestinationOrNull(r.tx, i.AbortDestination),
		Choices:            []shownChoice{}, Incalls: incallsTo(r, store.DestinationIVR, i.ID), Links: r.links("ivr", ivrPath(i.ID)),
	}
	for _, c := range i.Choices {
		shown.Choices = append(shown.Choices, shownChoice{c.Exten, showDestination(r.tx, c.Destination)})
	}
	return shown
}

// readIVR reads a menu's fields.
func readIVR(r *request, o *object, i *store.IVR) {
	o.text("name", &i.Name, required, length(0, 128))
	o.textOrNull("description", &i.Description, &i.Blanks)
	o.text("menu_sound", &i.MenuSound, required, length(0, 255))
	o.textOrNull("greeting_sound", &i.GreetingSound, &i.Blanks, length(0, 255))
	o.textOrNull("invalid_sound", &i.InvalidSound, &i.Blanks, length(0, 255))
	o.textOrNull("abort_sound", &i.AbortSound, &i.Blanks, length(0, 255))
	o.number("timeout", &i.Timeout, atLeast(0))
	o.number("max_tries", &i.MaxTries, atLeast(1))
	r.destinationOrNull(o, "invalid_destination", "invalid_destination", &i.InvalidDestination)
	r.destinationOrNull(o, "timeout_destination", "timeout_destination", &i.TimeoutDestination)
	r.destinationOrNull(o, "abort_destination", "abort_destination", &i.AbortDestination)
	o.list("choices", func(n int) { i.Choices = make([]store.Choice, n) }, func(n int, o *object) {
		c := &i.Choices[n]
		o.text("exten", &c.Exten, required, length(0, maxExten), matches(extenText))
		r.destination(o, "destination", fmt.Sprintf("choices[%d].destination", n), &c.Destination, required)
	})
}

// checkChoices refuses an extension that stands for two choices of a menu.
func checkChoices(choices []store.Choice) error {
	had := map[string]bool{}
	for _, c := range choices {
		if had[c.Exten] {
			return inputError("exten '%s' used in more than one choice", c.Exten)
		}
		had[c.Exten] = true
	}
	return nil
}
