package function

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var database = []ivr.Function{
	{Name: "DB", Synopsis: "a value of the database", Syntax: "family/key", Doc: "Values that all calls share and that last. Read, DB_RESULT holds the value too.",
		Read: func(r *ivr.Run, args string) (string, error) {
			_, value, _, err := look(r, args)
			return value, err
		},
		Write: func(r *ivr.Run, args, value string) error {
			d, family, key, err := dbPlace(r, args)
			if err != nil {
				return err
			}
			return d.Put(family, key, value)
		}},
	{Name: "DB_EXISTS", Synopsis: "whether the database has a value", Syntax: "family/key", Doc: "1, with the value in DB_RESULT, or 0.",
		Read: func(r *ivr.Run, args string) (string, error) {
			_, _, ok, err := look(r, args)
			return truth(ok), err
		}},
	{Name: "DB_DELETE", Synopsis: "remove a value from the database", Syntax: "family/key", Doc: "Gives the value.",
		Read: func(r *ivr.Run, args string) (string, error) {
			d, value, ok, err := look(r, args)
			if err != nil || !ok {
				return "", err
			}
			family, key, _ := strings.Cut(args, "/")
			return value, d.Delete(family, key)
		}},
	{Name: "DB_KEYS", Synopsis: "the keys of a family of the database", Syntax: "family", Doc: "Separated by commas.",
		Read: func(r *ivr.Run, args string) (string, error) {
			if r.Database() == nil {
				return "", errNoDatabase
			}
			return strings.Join(r.Database().Keys(args), ","), nil
		}},
	{Name: "DB_KEYCOUNT", Synopsis: "how many keys a family of the database has", Syntax: "family",
		Read: func(r *ivr.Run, args string) (string, error) {
			if r.Database() == nil {
				return "", errNoDatabase
			}
			return strconv.Itoa(len(r.Database().Keys(args))), nil
		}},
}

var errNoDatabase = errors.New("there is no database")

func dbPlace(r *ivr.Run, args string) (d ivr.Database, family, key string, err error) {
	family, key, ok := strings.Cut(args, "/")
	switch d = r.Database(); {
	case d == nil:
		return nil, "", "", errNoDatabase
	case !ok:
		return nil, "", "", fmt.Errorf("needs family/key, not %q", args)
	}
	return d, family, key, nil
}

// look reads a value, into DB_RESULT too.
func look(r *ivr.Run, args string) (d ivr.Database, value string, ok bool, err error) {
	d, family, key, err := dbPlace(r, args)
	if err != nil {
		return nil, "", false, err
	}
	if value, ok = d.Get(family, key); ok {
		r.Set("DB_RESULT", value)
	}
	return d, value, ok, nil
}
