package confd

import (
	"strconv"

	"dialtone/store"
)

// userJoined is what a new user is joined with.
type userJoined struct {
	lines   []newLine
	groups  []string // UUIDs or numbers
	incalls []store.Extension
}

// newLine is a line that is made with its user.
type newLine struct {
	store.Line
	with lineJoined
}

// readUserJoined reads what POST may carry besides: lines with endpoints and extensions, groups, numbers from outside, forwards,
// fallbacks and services, and how the user signs in.
func readUserJoined(r *request, o *object, u *store.User) (with userJoined) {
	o.list("lines", func(n int) { with.lines = make([]newLine, n) }, func(n int, o *object) {
		l := &with.lines[n]
		l.Position = 1
		readLineFields(o, &l.Line, rule{})
		l.with = readLineJoined(o)
		switch {
		case l.Context == "" && len(l.with.extensions) > 0:
			l.Context = l.with.extensions[0].Context
		case l.Context == "" && o.sound():
			o.fault("context", "Missing data for required field.")
		}
	})
	o.list("groups", func(n int) { with.groups = make([]string, n) }, func(n int, o *object) { readKey(o, &with.groups[n]) })
	o.list("incalls", func(int) {}, func(_ int, o *object) {
		o.list("extensions", func(int) {}, func(_ int, o *object) {
			e := store.Extension{Enabled: true}
			readExtension(o, &e)
			with.incalls = append(with.incalls, e)
		}, required)
	})
	o.object("auth", func(o *object) {
		if o == nil {
			return
		}
		var password string
		o.text("username", &u.Username, nullable, length(2, 254))
		if o.text("password", &password, nullable, length(4, 64)); password != "" {
			u.Password = store.Secret(password)
		}
	}, nullable)
	o.object("forwards", func(o *object) { readForwards(o, &u.Forwards) })
	o.object("services", func(o *object) { readServices(o, u) })
	o.object("fallbacks", func(o *object) { readFallbacks(r, o, "fallbacks.", &u.Fallbacks, userFallbacks) })
	return with
}

// readKey reads an object's UUID or number, by which a list names it.
func readKey(o *object, to *string) {
	if !o.has("uuid") && o.has("id") {
		var id int
		o.number("id", &id)
		*to = strconv.Itoa(id)
		return
	}
	o.text("uuid", to, required)
}

// joinUser joins a new user with what its body says.
func joinUser(r *request, u *store.User) error {
	var with userJoined
	scratch := *u
	if err := r.read(func(o *object) { with = readUserJoined(r, o, &scratch) }); err != nil {
		return err
	}
	for _, l := range with.lines {
		if err := checkLine(r, nil, &l.Line); err != nil {
			return err
		}
		made, err := r.tx.Lines().Put(l.Line)
		if err == nil {
			err = l.with.join(r, &made)
		}
		if err != nil {
			return err
		}
		now, _, _ := r.tx.Lines().Get(made.ID)
		if err := giveUserLine(r, u, now); err != nil {
			return err
		}
	}
	for _, e := range with.incalls {
		i, err := r.tx.Incalls().Put(store.Incall{Tenant: u.Tenant, Destination: store.Destination{Type: store.DestinationUser, UserID: u.ID}})
		if err != nil {
			return err
		}
		made, err := newExtension(r, e)
		if err == nil {
			err = numberedIncalls().give(r, &i, &made)
		}
		if err != nil {
			return err
		}
	}
	return joinGroups(r, u, with.groups)
}
