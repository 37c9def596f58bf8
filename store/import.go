package store

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"dialtone/pjsip"
)

// Text is objects that were read from a text of Export's form.
type Text struct {
	objects map[tableID]map[int]map[string]any
	tenants map[string]string // name → UUID
	lines   map[objectAt]int  // where they begin
}

// MaxText bounds a text of objects in bytes.
const MaxText = 64 << 20

// ParseText reads a text of Export's form. Errors name the line, or the object by kind and number.
func ParseText(text []byte) (*Text, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("a text of %d MB: at most %d", len(text)>>20, MaxText>>20)
	}
	if nestedTooDeep(text) {
		return nil, fmt.Errorf("lists and tables stand in each other more than %d deep", maxNesting)
	}
	var tables map[string]any
	if _, err := toml.Decode(string(text), &tables); err != nil {
		var fault toml.ParseError
		if errors.As(err, &fault) {
			if conflict(text, fault.Position.Line) {
				fault.Message = "two versions were merged here, and nobody has decided between them"
			}
			return nil, fmt.Errorf("line %d: %s", fault.Position.Line, fault.Message)
		}
		return nil, err
	}
	if found, ok := tables["format"]; !ok || fmt.Sprint(found) != fmt.Sprint(format) {
		return nil, fmt.Errorf("it begins with no `format = %d`: it is not what `dialtone export` writes", format)
	}
	delete(tables, "format")
	t := &Text{map[tableID]map[int]map[string]any{}, map[string]string{}, linesOf(text)}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if err := t.read(name, tables[name]); err != nil {
			return nil, err
		}
	}
	for id, tenant := range t.objects[tenantTable] {
		name, _ := tenant["name"].(string)
		uuid, _ := tenant["uuid"].(string)
		if name == "" || uuid == "" {
			return nil, fmt.Errorf("%s: it has no name, or no uuid", t.where("tenants", id))
		}
		t.tenants[name] = uuid
	}
	return t, nil
}

// read reads the objects of a kind.
func (t *Text) read(name string, value any) error {
	at := slices.IndexFunc(kinds, func(k described) bool { return k.bucket().String() == name })
	if at < 0 || exported[kinds[at].bucket()].left {
		return fmt.Errorf("there is no kind of objects %q", name)
	}
	raw, err := json.Marshal(value) // TOML's own types become those of JSON
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var list []map[string]any
	if err := decodeNumbers(raw, &list); err != nil {
		return fmt.Errorf("%s: not [[%s]], a table for each object", name, name)
	}
	objects := map[int]map[string]any{}
	for _, object := range list {
		number, _ := object["id"].(json.Number)
		id, err := number.Int64()
		if err != nil || id <= 0 || id > maxID {
			return fmt.Errorf("%s: an object has the id %q (a number from 1 on)", name, number)
		}
		if objects[int(id)] != nil {
			return fmt.Errorf("%s: it is there twice", t.where(name, int(id)))
		}
		objects[int(id)] = object
	}
	t.objects[kinds[at].bucket()] = objects
	return nil
}

func decodeNumbers(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(v)
}

// Import makes the objects what a text says. Those that the text does not have stay, or go when exact is set; what is as the text
// has it is not touched. Where the text says (secret) the secret stays; where there was none, a random one takes its place that nobody
// knows, and notes say of which objects. What is kept anew, check looks at in the end, when all is there. The first fault is the error, and
// nothing is to be kept then.
func (tx *Tx) Import(t *Text, exact bool, check func(object any) error) (notes []string, err error) {
	if err := tx.adoptTenants(t.tenants); err != nil {
		return nil, err
	}
	if exact {
		for _, kind := range slices.Backward(kinds) {
			if kind.bucket() != contextKind.table {
				err = errors.Join(err, t.prune(tx, kind))
			}
		}
	}
	unknown := NewPassword()
	for _, kind := range kinds {
		objects := t.objects[kind.bucket()]
		for _, id := range slices.Sorted(maps.Keys(objects)) {
			first, former := len(tx.checks), tx.object(kind.bucket(), id)
			faultOf := func(err error) error { return t.faultOf(kind.bucket().String(), id, err) }
			renewed, err := tx.importObject(kind, id, objects[id], t.tenants, unknown)
			if err != nil {
				return nil, faultOf(err)
			}
			if tx.object(kind.bucket(), id) != former {
				tx.checks = append(tx.checks, func() error { return check(tx.object(kind.bucket(), id)) })
			}
			tx.nameChecks(first, faultOf)
			if renewed {
				notes = append(notes, fmt.Sprintf("%s %d: its secret is not in the text and not here: it has a new one that nobody knows", kind.bucket(), id))
			}
		}
	}
	if exact {
		err = errors.Join(err, t.prune(tx, contextKind)) // now that nothing is in them any more
	}
	return notes, err
}

// object is the one of a kind and a number; nil: there is none.
func (tx *Tx) object(table tableID, id int) any {
	row, _ := tx.state.shelves[table].rows.get(id)
	return row.object
}

// nameChecks lets the errors of checks, from one on, say where the fault is.
func (tx *Tx) nameChecks(from int, faultOf func(error) error) {
	for i, check := range tx.checks[from:] {
		tx.checks[from+i] = func() error {
			if err := check(); err != nil {
				return faultOf(err)
			}
			return nil
		}
	}
}

// prune deletes the objects of a kind that a text does not have. Tenants, and what has no text, stay.
func (t *Text) prune(tx *Tx, kind described) error {
	if exported[kind.bucket()].left || kind.bucket() == tenantTable {
		return nil
	}
	for id := range tx.rows(kind.bucket()).all() {
		if t.objects[kind.bucket()][id] == nil {
			if err := kind.remove(tx, id); err != nil && !errors.Is(err, ErrNotFound) { // it may have gone with another
				return err
			}
		}
	}
	return nil
}

// importObject makes an object what a text says. renewed: a secret was made up, of unknown.
func (tx *Tx) importObject(kind described, id int, object map[string]any, tenants map[string]string, unknown string) (renewed bool, err error) {
	table := kind.bucket()
	object = maps.Clone(object)
	for name, value := range object {
		text, ok := value.(string)
		if !ok || !namesTenant(table, name) {
			continue
		}
		if uuid, known := tenants[text]; known {
			object[name] = uuid
		} else if found, known := tx.TenantNamed(text); known {
			object[name] = found.UUID
		} else {
			return false, fmt.Errorf("there is no tenant %q", text)
		}
	}
	var before map[string]any
	former := tx.object(table, id)
	there := former != nil
	if there {
		if before, err = membersOf(former); err != nil {
			return false, err
		}
	}
	if there && table == tenantTable && before["uuid"] != object["uuid"] {
		return false, fmt.Errorf("here that is the tenant %q", before["name"])
	}
	if table == calendarTable && there {
		keepCalendar(object, before)
	}
	r := revealer{unknown: unknown + fmt.Sprint(cmp.Or(object["endpoint"], object["uuid"], any(id)))}
	for name, v := range object {
		object[name] = r.reveal(name, v, before[name])
	}
	return r.renewed, kind.put(tx, object)
}

// keepCalendar lets a calendar of the same source keep its password and what reading it gave.
func keepCalendar(object, before map[string]any) {
	was, fromURL := before["url"].(string)
	if address, ok := object["url"].(string); ok && address == redacted(was) {
		object["url"] = was
	}
	if object["url"] != before["url"] {
		return // to be read anew
	}
	for _, name := range calendarFinds {
		if v, ok := before[name]; ok {
			object[name] = v
		}
	}
	if events, ok := before["events"]; ok && fromURL {
		object["events"] = events
	}
}

// revealer puts secrets in the places of the words that stand for them.
type revealer struct {
	unknown string // of which secrets are made that are not known; the same for an endpoint and what is made of it
	renewed bool   // it had to make one
}

// reveal gives the value of a member; before is what the object has now, nil when there is none.
func (r *revealer) reveal(name string, v, before any) any {
	switch v := v.(type) {
	case string:
		if v != hidden {
			return v
		}
		if before == nil {
			return r.makeUp(name)
		}
		return before
	case map[string]any:
		inner, _ := before.(map[string]any)
		revealed := map[string]any{}
		for key, value := range v {
			revealed[key] = r.reveal(key, value, inner[key])
		}
		return revealed
	case []any:
		if strings.HasSuffix(name, "_options") {
			return r.revealOptions(v, before)
		}
	}
	return v
}

// revealOptions is reveal of pairs of a name and a value: the secrets of a name are those of before, in their order.
func (r *revealer) revealOptions(pairs []any, before any) any {
	kept := map[string][]string{}
	former, _ := before.([]any)
	for _, p := range former {
		if name, value, ok := option(p); ok {
			kept[name] = append(kept[name], value)
		}
	}
	pairs = slices.Clone(pairs)
	for i, p := range pairs {
		name, value, ok := option(p)
		algorithm, isHidden := strings.CutSuffix(value, hidden)
		if !ok || !isHidden || !pjsip.Secret(name) {
			continue
		}
		if len(kept[name]) == 0 {
			kept[name] = []string{algorithm + r.makeUp(algorithm)}
		}
		pairs[i] = []any{name, kept[name][0]}
		kept[name] = kept[name][1:]
	}
	return pairs
}

// makeUp makes a secret that nobody knows, as long as what verifies a password by MD5 or SHA-256 where it is for such.
func (r *revealer) makeUp(of string) string {
	r.renewed = true
	sum := sha256.Sum256([]byte(r.unknown))
	text := hex.EncodeToString(sum[:])
	if of == "ha1_sha256" || of == "SHA-256:" {
		return text
	}
	return text[:32]
}

// option reads a pair of a name and a value.
func option(p any) (name, value string, ok bool) {
	pair, _ := p.([]any)
	if len(pair) != 2 {
		return "", "", false
	}
	name, isName := pair[0].(string)
	value, isValue := pair[1].(string)
	return name, value, isName && isValue
}

// adoptTenants gives tenants that are here by name the UUIDs of a text, with all that is theirs: so a text comes into a new store, whose
// master has a UUID of its own.
func (tx *Tx) adoptTenants(tenants map[string]string) error {
	for t := range tx.Tenants().All() {
		uuid, ok := tenants[t.Name]
		if !ok || uuid == t.UUID {
			continue
		}
		adopted := *t
		adopted.UUID = uuid
		if _, err := tx.Tenants().Put(adopted); err != nil {
			return err
		}
		for _, kind := range kinds {
			if err := tx.adoptAll(kind, t.UUID, uuid); err != nil {
				return err
			}
		}
	}
	return nil
}

// adoptAll gives the objects of a kind that are a tenant's the tenant's new UUID.
func (tx *Tx) adoptAll(kind described, old, uuid string) error {
	for _, row := range tx.rows(kind.bucket()).all() {
		object, err := membersOf(row.object)
		if err != nil {
			return err
		}
		for name, value := range object {
			if value == old && namesTenant(kind.bucket(), name) {
				object[name] = uuid
				if err := kind.put(tx, object); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// membersOf are the members of an object's record.
func membersOf(object any) (members map[string]any, err error) {
	record, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	return members, decodeNumbers(record, &members)
}

// put keeps an object that is given by its members, none of which may be unknown. One that is as it was is not touched.
func (k *kind[T]) put(tx *Tx, object map[string]any) error {
	raw, err := json.Marshal(object)
	if err != nil {
		return err
	}
	var v T
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if before, _, ok := (Kind[T]{tx, k}).Get(*k.id(&v)); ok {
		was, wasErr := json.Marshal(before)
		is, isErr := json.Marshal(v)
		if wasErr == nil && isErr == nil && bytes.Equal(was, is) {
			return nil
		}
	}
	_, err = Kind[T]{tx, k}.Put(v)
	return err
}

// remove deletes an object.
func (k *kind[T]) remove(tx *Tx, id int) error { return Kind[T]{tx, k}.Delete(id) }
