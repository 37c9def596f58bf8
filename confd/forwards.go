package confd

import "dialtone/store"

// fallbackField is one of the fallbacks of an object.
type fallbackField struct {
	name string
	of   func(*store.Fallbacks) **store.Destination
}

// groupFallbacks and userFallbacks are those that a group and a user have.
var (
	groupFallbacks = []fallbackField{
		{"noanswer_destination", func(f *store.Fallbacks) **store.Destination { return &f.NoAnswer }},
		{"congestion_destination", func(f *store.Fallbacks) **store.Destination { return &f.Congestion }},
	}
	userFallbacks = append([]fallbackField{
		{"busy_destination", func(f *store.Fallbacks) **store.Destination { return &f.Busy }},
		{"fail_destination", func(f *store.Fallbacks) **store.Destination { return &f.Fail }},
	}, groupFallbacks...)
)

// showFallbacks are where calls go that an object does not take, as GET shows them.
func showFallbacks(tx *store.Tx, f store.Fallbacks, fields []fallbackField) map[string]any {
	shown := map[string]any{}
	for _, field := range fields {
		shown[field.name] = showDestinationOrNull(tx, *field.of(&f))
	}
	return shown
}

// readFallbacks reads them; path is where they are in the body. What is left out is none.
func readFallbacks(r *request, o *object, path string, f *store.Fallbacks, fields []fallbackField) {
	*f = store.Fallbacks{}
	for _, field := range fields {
		r.destinationOrNull(o, field.name, path+field.name, field.of(f))
	}
}

func showUserFallbacks(r *request) (answer, error) {
	u, err := users().find(r)
	if err != nil {
		return answer{}, err
	}
	return shown(showFallbacks(r.tx, u.Fallbacks, userFallbacks)), nil
}

func setUserFallbacks(r *request) (answer, error) {
	return changeUser(r, func(o *object, u *store.User) { readFallbacks(r, o, "", &u.Fallbacks, userFallbacks) })
}

// changeUser changes the user of a path by the fields of the body.
func changeUser(r *request, read func(*object, *store.User)) (answer, error) {
	before, err := users().find(r)
	if err != nil {
		return answer{}, err
	}
	u := *before
	if err := r.read(func(o *object) { read(o, &u) }); err != nil {
		return answer{}, err
	}
	if err := r.checkTargets(u.Tenant); err != nil {
		return answer{}, err
	}
	_, err = r.tx.Users().Put(u)
	return done(), err
}

// shownForward is where a user's calls go instead, as GET shows it.
type shownForward struct {
	Enabled     bool `json:"enabled"`
	Destination any  `json:"destination"` // a string, or nil
}

type shownForwards struct {
	Busy          shownForward `json:"busy"`
	NoAnswer      shownForward `json:"noanswer"`
	Unconditional shownForward `json:"unconditional"`
}

func showOne(f store.Forward) shownForward { return shownForward{f.Enabled, orNull(f.Destination)} }

func forwardsOf(u *store.User) shownForwards {
	return shownForwards{showOne(u.Forwards.Busy), showOne(u.Forwards.NoAnswer), showOne(u.Forwards.Unconditional)}
}

// forwardNamed is one of a user's forwards; nil: there is none of that name.
func forwardNamed(u *store.User, name string) *store.Forward {
	switch name {
	case "busy":
		return &u.Forwards.Busy
	case "noanswer":
		return &u.Forwards.NoAnswer
	case "unconditional":
		return &u.Forwards.Unconditional
	}
	return nil
}

// readForward reads a forward's fields. One that is in force needs a destination.
func readForward(o *object, f *store.Forward) {
	o.truth("enabled", &f.Enabled, strict)
	o.text("destination", &f.Destination, nullable, length(1, 128))
	if o.sound() && f.Enabled && f.Destination == "" {
		o.fault("destination", "Field may not be null.")
	}
}

// readForwards reads those of a user that the body names.
func readForwards(o *object, f *store.Forwards) {
	o.object("busy", func(o *object) { readForward(o, &f.Busy) })
	o.object("noanswer", func(o *object) { readForward(o, &f.NoAnswer) })
	o.object("unconditional", func(o *object) { readForward(o, &f.Unconditional) })
}

func showForwards(r *request) (answer, error) {
	u, err := users().find(r)
	if err != nil {
		return answer{}, err
	}
	return shown(forwardsOf(u)), nil
}

func setForwards(r *request) (answer, error) {
	return changeUser(r, func(o *object, u *store.User) { readForwards(o, &u.Forwards) })
}

func showForward(r *request) (answer, error) {
	u, err := users().find(r)
	if err != nil {
		return answer{}, err
	}
	f := forwardNamed(u, r.text("forward"))
	if f == nil {
		return answer{}, notFound("Forward", "forward", r.text("forward"))
	}
	return shown(showOne(*f)), nil
}

func setForward(r *request) (answer, error) {
	if forwardNamed(new(store.User), r.text("forward")) == nil {
		return answer{}, notFound("Forward", "forward", r.text("forward"))
	}
	return changeUser(r, func(o *object, u *store.User) { readForward(o, forwardNamed(u, r.text("forward"))) })
}

// shownService is a service of a user as GET shows it.
type shownService struct {
	Enabled bool `json:"enabled"`
}

type shownServices struct {
	DoNotDisturb shownService `json:"dnd"`
	IncallFilter shownService `json:"incallfilter"`
}

func servicesOf(u *store.User) shownServices {
	return shownServices{shownService{u.DoNotDisturb}, shownService{u.IncallFilter}}
}

// serviceNamed is one of a user's services; nil: there is none of that name.
func serviceNamed(u *store.User, name string) *bool {
	switch name {
	case "dnd":
		return &u.DoNotDisturb
	case "incallfilter":
		return &u.IncallFilter
	}
	return nil
}

// readServices reads those of a user that the body names.
func readServices(o *object, u *store.User) {
	for _, name := range []string{"dnd", "incallfilter"} {
		o.object(name, func(o *object) { o.truth("enabled", serviceNamed(u, name), required, strict) })
	}
}

func showServices(r *request) (answer, error) {
	u, err := users().find(r)
	if err != nil {
		return answer{}, err
	}
	return shown(servicesOf(u)), nil
}

func setServices(r *request) (answer, error) { return changeUser(r, readServices) }

func showService(r *request) (answer, error) {
	u, err := users().find(r)
	if err != nil {
		return answer{}, err
	}
	service := serviceNamed(u, r.text("service"))
	if service == nil {
		return answer{}, notFound("Service", "service", r.text("service"))
	}
	return shown(shownService{*service}), nil
}

func setService(r *request) (answer, error) {
	if serviceNamed(new(store.User), r.text("service")) == nil {
		return answer{}, notFound("Service", "service", r.text("service"))
	}
	return changeUser(r, func(o *object, u *store.User) {
		o.truth("enabled", serviceNamed(u, r.text("service")), required, strict)
	})
}
