package confd

import (
	"slices"

	"dialtone/store"
)

// userAndLine gives the user and the line of a path.
func userAndLine(r *request) (*store.User, *store.Line, error) {
	u, err := users().find(r)
	if err != nil {
		return nil, nil, err
	}
	l, err := lines().byID(r, r.id("line_id"))
	return u, l, err
}

func addUserLine(r *request) (answer, error) {
	u, l, err := userAndLine(r)
	if err != nil {
		return answer{}, err
	}
	return done(), giveUserLine(r, u, l)
}

// giveUserLine gives a user a line: the first one is the main one, and the first user of a line is the one whose it is.
func giveUserLine(r *request, u *store.User, l *store.Line) error {
	if slices.Contains(l.Users(), u.ID) {
		return nil
	}
	if err := sameTenant("user", u.Tenant, "line", l.Tenant); err != nil {
		return err
	}
	if err := hasEndpoint(l); err != nil {
		return err
	}
	if err := sharesWithItsUser(r, u, l); err != nil {
		return err
	}
	first := true
	for range r.tx.LinesOf(u.ID) {
		first = false
	}
	of := *l
	if l.User == 0 {
		of.User = u.ID
	} else {
		of.Others = append(slices.Clone(l.Others), u.ID)
	}
	if _, err := r.tx.Lines().Put(of); err != nil || !first {
		return err
	}
	return setMainLine(r, u, l.ID)
}

// sharesWithItsUser refuses a line for a user whose number rings telephones of another one: a number is one user's, unless it
// has one telephone, which several users may have.
func sharesWithItsUser(r *request, u *store.User, l *store.Line) error {
	for e := range r.tx.ExtensionsOf(store.OwnerLine, l.ID) {
		for _, other := range r.tx.LinesOfExtension(e) {
			if other.ID != l.ID && (other.User != 0 && other.User != u.ID || l.User != 0) {
				return resourceError("Line is associated with a Extension", "line_id", other.ID, "extension_id", e.ID)
			}
		}
	}
	return nil
}

// setMainLine says which line of a user is the main one; 0: the one of the lowest position.
func setMainLine(r *request, u *store.User, line int) error {
	now, _, ok := r.tx.Users().Get(u.ID)
	if !ok || now.MainLine == line {
		return nil
	}
	with := *now
	with.MainLine = line
	_, err := r.tx.Users().Put(with)
	return err
}

func removeUserLine(r *request) (answer, error) {
	u, l, err := userAndLine(r)
	if err != nil || !slices.Contains(l.Users(), u.ID) {
		return done(), err
	}
	return done(), freeLine(r, u, l)
}

// freeLine takes a line away from a user; from the one whose it is only as the last one.
func freeLine(r *request, u *store.User, l *store.Line) error {
	if l.User == u.ID && len(l.Others) > 0 {
		return resourceError("There are secondary users associated to the line", "line_id", l.ID)
	}
	free := *l
	free.Leave(u.ID)
	if _, err := r.tx.Lines().Put(free); err != nil || u.MainLine != l.ID {
		return err
	}
	return setMainLine(r, u, 0)
}

// setUserLines gives a user exactly the lines of the body, of which the first is the main one.
func setUserLines(r *request) (answer, error) {
	u, err := users().find(r)
	if err != nil {
		return answer{}, err
	}
	var ids []int
	if err := r.readWhole(func(o *object) {
		o.list("lines", func(n int) { ids = make([]int, n) }, func(n int, o *object) { o.number("id", &ids[n], required) }, required)
	}); err != nil {
		return answer{}, err
	}
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			return answer{}, inputError("line '%d' is there more than once", id)
		}
	}
	for l := range r.tx.LinesOf(u.ID) {
		if !slices.Contains(ids, l.ID) {
			if err := freeLine(r, u, l); err != nil {
				return answer{}, err
			}
		}
	}
	for _, id := range ids {
		l, err := lines().byID(r, id)
		if err != nil {
			return answer{}, missing("lines", "Line", "id", id)
		}
		if err := giveUserLine(r, u, l); err != nil {
			return answer{}, err
		}
	}
	if len(ids) == 0 {
		return done(), nil
	}
	return done(), setMainLine(r, u, ids[0])
}
