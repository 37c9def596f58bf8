package store

import (
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dialtone/pjsip"
)

// exportOf is the text of all objects.
func exportOf(t testing.TB, s *Store, secrets bool) string {
	t.Helper()
	var text strings.Builder
	if err := s.View(func(tx *Tx) error { return tx.Export(&text, secrets) }); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// anything is a check that finds no fault.
func anything(any) error { return nil }

// importInto makes the objects of a store those of a text, and gives the notes.
func importInto(t testing.TB, s *Store, text string, exact bool) (notes []string) {
	t.Helper()
	parsed, err := ParseText([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(func(tx *Tx) (err error) {
		notes, err = tx.Import(parsed, exact, anything)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return notes
}

// office makes objects of many kinds.
func office(t testing.TB, s *Store) {
	t.Helper()
	err := s.Update(func(tx *Tx) error {
		acme, err := tx.Tenants().Put(Tenant{Name: "acme", Parent: tx.MasterTenant().UUID})
		if err != nil {
			return err
		}
		master := tx.MasterTenant().UUID
		schedule, err := tx.Schedules().Put(Schedule{Tenant: master, Name: "office", Timezone: "Europe/Paris", Enabled: true,
			ClosedDestination: Destination{Type: DestinationSound, Filename: "closed"},
			OpenPeriods:       []Period{{"08:00", "12:00", []int{1, 2, 3, 4, 5}, nil, nil}, {"13:30", "18:00", []int{1}, []int{1}, []int{1}}},
		})
		if err != nil {
			return err
		}
		incall, err := tx.Incalls().Put(Incall{Tenant: master, Schedule: schedule.ID, Destination: Destination{Type: DestinationCustom, Command: `Goto(dp-ivr-example,s,1)`}})
		if err != nil {
			return err
		}
		if _, err := tx.Extensions().Put(Extension{Exten: "+33123456789", Context: "from-extern", Enabled: true, Of: Owner{OwnerIncall, incall.ID}}); err != nil {
			return err
		}
		if _, err := tx.IVRs().Put(IVR{Tenant: acme.UUID, Name: "menü \"1\"\n\t\\ \x7f", MenuSound: "m", Timeout: 5, MaxTries: 3, TimeoutDestination: &Destination{Type: DestinationNone}}); err != nil {
			return err
		}
		if _, err := tx.Endpoints().Put(Endpoint{Tenant: master, Name: "desk", Sections: pjsip.Sections{
			Auth: pjsip.Options{{"username", "1000"}, {"password", "hush"}}, AOR: pjsip.Options{{"max_contacts", "1"}},
		}}); err != nil {
			return err
		}
		if _, err := tx.Users().Put(User{Tenant: master, Firstname: "Ada", Password: "hush", Created: time.Unix(1e9, 0).UTC()}); err != nil {
			return err
		}
		_, err = tx.Tokens().Put(Token{Name: "key", Hash: HashToken("hush"), Tenant: master})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	phone := NewPhone("1001", "hush", "default")
	phone.MaxCalls = 2
	if _, err := s.Phones().Put("1001", phone, New); err != nil {
		t.Fatal(err)
	}
	trunk := NewTrunk("carrier", "from-extern")
	trunk.Servers, trunk.Account = []string{"sip.example.com"}, TrunkAccount{User: "acme", Password: "hush"}
	if _, err := s.Trunks().Put("carrier", trunk, New); err != nil {
		t.Fatal(err)
	}
}

func TestTextOfObjectsIsTheSameAgain(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	office(t, s)
	text := exportOf(t, s, true)
	if strings.Contains(text, HashToken("hush")) {
		t.Error("an API key is in the text")
	}
	if diff := cmp.Diff(text, exportOf(t, s, true)); diff != "" {
		t.Errorf("the next time it is another one: %s", diff)
	}
	var before Revision
	view(t, s, func(tx *Tx) { before = tx.Revision() })
	importInto(t, s, text, true)
	view(t, s, func(tx *Tx) {
		if tx.Revision() != before {
			t.Error("the store's own text changes it")
		}
	})
	fresh := open(t, t.TempDir(), Options{})
	importInto(t, fresh, text, true)
	if diff := cmp.Diff(text, exportOf(t, fresh, true)); diff != "" {
		t.Errorf("in a new store: %s", diff)
	}
	fresh = reopen(t, fresh, Options{})
	if diff := cmp.Diff(text, exportOf(t, fresh, true)); diff != "" {
		t.Errorf("after it was opened again: %s", diff)
	}
}

func TestTextWithoutSecretsKeepsThoseThatAreThere(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	office(t, s)
	secrets, text := exportOf(t, s, true), exportOf(t, s, false)
	if phone, _, _ := s.Phones().Get("1001"); strings.Contains(text, "hush") || strings.Contains(text, phone.HA1MD5) || strings.Contains(text, phone.HA1SHA256) {
		t.Errorf("a secret is in\n%s", text)
	}
	if notes := importInto(t, s, text, true); len(notes) != 0 {
		t.Errorf("notes %q", notes)
	}
	if diff := cmp.Diff(secrets, exportOf(t, s, true)); diff != "" {
		t.Errorf("the secrets did not stay: %s", diff)
	}
	fresh := open(t, t.TempDir(), Options{})
	notes := strings.Join(importInto(t, fresh, text, true), "\n")
	for _, object := range []string{"phones 1", "trunks 1", "users 1", "endpoints 1"} {
		if !strings.Contains(notes, object) {
			t.Errorf("it is not said that %s has a new secret: %s", object, notes)
		}
	}
	if diff := cmp.Diff(text, exportOf(t, fresh, false)); diff != "" {
		t.Errorf("in a new store: %s", diff)
	}
	if now := exportOf(t, fresh, true); strings.Contains(now, hidden) || strings.Contains(now, "hush") {
		t.Errorf("%s", now)
	}
}

func TestImportChangesWhatTheTextSays(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	office(t, s)
	text := exportOf(t, s, false)
	edited := strings.ReplaceAll(text, `timezone = "Europe/Paris"`, `timezone = "Europe/Berlin"`)
	at := strings.Index(edited, "[[ivrs]]")
	end := at + strings.Index(edited[at+1:], "[[") + 1
	edited = edited[:at] + edited[end:] + "\n[[extensions]]\nid = 77\ntenant = \"master\"\nexten = \"5000\"\ncontext = \"from-extern\"\nenabled = true\n"
	parsed, err := ParseText([]byte(edited))
	if err != nil {
		t.Fatal(err)
	}
	for exact, want := range map[bool]Rehearsal{
		false: {Changes{Added: 1, Changed: 1}, " [[schedules]]\n id = 1\n-timezone = \"Europe/Paris\"\n+timezone = \"Europe/Berlin\"\n+[[extensions]]\n+id = 77\n+tenant = \"master\"\n+exten = \"5000\"\n+context = \"from-extern\"\n+enabled = true\n"},
		true: {Changes{Added: 1, Changed: 1, Removed: 1}, " [[schedules]]\n id = 1\n-timezone = \"Europe/Paris\"\n+timezone = \"Europe/Berlin\"\n" +
			"-[[ivrs]]\n-id = 1\n-tenant = \"acme\"\n-name = \"menü \\\"1\\\"\\n\\t\\\\ \\u007f\"\n-menu_sound = \"m\"\n-timeout = 5\n-max_tries = 3\n-timeout_destination = { type = \"none\" }\n" +
			"+[[extensions]]\n+id = 77\n+tenant = \"master\"\n+exten = \"5000\"\n+context = \"from-extern\"\n+enabled = true\n"},
	} {
		before := exportOf(t, s, true)
		got, err := s.Rehearse(func(tx *Tx) error { _, err := tx.Import(parsed, exact, anything); return err })
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("exact %v: %s", exact, diff)
		}
		if exportOf(t, s, true) != before {
			t.Error("a rehearsal changed something")
		}
	}
	importInto(t, s, edited, true)
	if diff := cmp.Diff(edited, exportOf(t, s, false)); diff != "" {
		t.Error(diff)
	}
}

func TestCalendarsOfATextKeepWhatWasReadOfThem(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	at := time.Unix(1e9, 0).UTC()
	update(t, s, func(tx *Tx) error {
		schedule, err := tx.Schedules().Put(Schedule{Tenant: tx.MasterTenant().UUID, ClosedDestination: Nowhere})
		if err != nil {
			return err
		}
		for _, c := range []Calendar{{URL: "https://ada:hush@example.org/a.ics", ETag: "seven", Fault: "gone away"}, {Name: "a file"}} {
			c.Schedule, c.Events, c.Read, c.Checked = schedule.ID, []CalendarEvent{{Name: "feast", From: at, Until: at}}, at, at
			if _, err := tx.Calendars().Put(c); err != nil {
				return err
			}
		}
		return nil
	})
	all := func() (list []Calendar) {
		view(t, s, func(tx *Tx) {
			for c := range tx.Calendars().All() {
				list = append(list, *c)
			}
		})
		return list
	}
	before, text := all(), exportOf(t, s, false)
	for word, want := range map[string]bool{"hush": false, "seven": false, "gone away": false, "2001-09": true, "example.org/a.ics": true} {
		if strings.Contains(text, word) != want {
			t.Errorf("%s: %v in\n%s", word, !want, text)
		}
	}
	importInto(t, s, text, true)
	if diff := cmp.Diff(before, all()); diff != "" {
		t.Errorf("the same text changed %s", diff)
	}
	importInto(t, s, strings.Replace(text, "a.ics", "b.ics", 1), true)
	now := all()
	if now[0].ETag != "" || len(now[0].Events) != 0 || !now[0].Checked.IsZero() {
		t.Errorf("of another URL there is still %+v", now[0])
	}
	if diff := cmp.Diff(before[1], now[1]); diff != "" {
		t.Error(diff)
	}
}

func TestTextsThatAreRefused(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	before := exportOf(t, s, true)
	for text, want := range map[string]string{
		"":                          "format = 2",
		"format = 3":                "format = 2",
		"format = 2\n[[contexts]\n": "line 3: expected end of table",
		"format = 2\n[[incalls]]\n<<<<<<< HEAD\nid = 1\n":                                         "line 3: two versions were merged here",
		"format = 2\n[[incalls]]\nid = 1\n=======\n":                                              "line 4: two versions were merged here",
		"format = 2\n[[nonsense]]\nid = 1\n":                                                      `no kind of objects "nonsense"`,
		"format = 2\n[[tokens]]\nid = 1\n":                                                        `no kind of objects "tokens"`,
		"format = 2\ncontexts = 7\n":                                                              "not [[contexts]]",
		"format = 2\n[[incalls]]\n":                                                               "incalls: an object has the id",
		"format = 2\n[[incalls]]\nid = -1\n":                                                      "a number from 1 on",
		"format = 2\n[[incalls]]\nid = \"1\"":                                                     "a number from 1 on",
		"format = 2\n[[tenants]]\nid = 1":                                                         "tenants 1: it has no name",
		"format = 2\n[[incalls]]\nid = 1\n[[incalls]]\nid = 1":                                    "line 4: incalls 1: it is there twice",
		"format = 2\n[[incalls]]\nid = 1\ntenant = \"acme\"\n":                                    `incalls 1: there is no tenant "acme"`,
		"format = 2\n[[incalls]]\nid = 1\ntenant = \"master\"\nspeed = 9":                         `line 2: incalls 1: unknown field "speed"`,
		"format = 2\n[[incalls]]\nid = 1\ntenant = \"master\"\nschedule = \"x\"":                  "incalls 1: cannot unmarshal",
		"format = 2\n[[incalls]]\nid = 1\ntenant = \"master\"\nschedule = 4":                      "line 2: incalls 1: there is no schedule 4",
		"format = 2\n[[contexts]]\nid = 9\nuuid = \"u\"\ntenant = \"master\"\nname = \"default\"": "contexts 9: context \"default\" exists already",
		"format = 2\n[[tenants]]\nid = 1\nuuid = \"u\"\nname = \"other\"":                         `tenants 1: here that is the tenant "master"`,
		"format = 2\n[[tenants]]\nid = 1\nuuid = \"u\"\nname = \"master\"\nparent = \"master\"":   "cannot be below itself",
	} {
		parsed, err := ParseText([]byte(text))
		if err == nil {
			err = s.Update(func(tx *Tx) error { _, err := tx.Import(parsed, false, anything); return err })
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, does not say %s", text, err, want)
		}
		if exportOf(t, s, true) != before {
			t.Fatalf("%q was refused, and changed something", text)
		}
	}
}

// Whatever objects there are, their text makes the same ones in a new store, and changes nothing in their own.
func TestTextOfAnyObjectsIsTheSameAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, fresh := open(t, t.TempDir(), Options{}), open(t, t.TempDir(), Options{})
		defer s.Close()
		defer fresh.Close()
		m, failed := &modelled{store: s}, any(nil)
		model, last := links{map[string]bool{}, map[string]bool{}}, map[string]int{}
		err := s.Update(func(tx *Tx) error {
			defer func() { failed = recover() }()
			for range rapid.IntRange(1, 60).Draw(rt, "steps") {
				if !m.step(rt, tx, &model, last) {
					break
				}
			}
			for id := range tx.rows(incallTable).all() {
				alter(tx.Incalls(), id, func(i *Incall) { i.Description = rapid.String().Draw(rt, "description") })
			}
			return nil
		})
		if failed != nil {
			panic(failed)
		}
		if err != nil {
			return // a line took another's endpoint
		}
		text := exportOf(t, s, true)
		importInto(t, fresh, text, true)
		if diff := cmp.Diff(text, exportOf(t, fresh, true)); diff != "" {
			rt.Fatalf("in a new store: %s", diff)
		}
		parsed, err := ParseText([]byte(text))
		if err != nil {
			rt.Fatal(err)
		}
		r, err := s.Rehearse(func(tx *Tx) error { _, err := tx.Import(parsed, true, anything); return err })
		if err != nil || r != (Rehearsal{}) {
			rt.Fatalf("the store's own text changes it: %+v, %v", r, err)
		}
	})
}

func TestNestingOfATextIsBounded(t *testing.T) {
	open, closed := strings.Repeat("[", maxNesting), strings.Repeat("]", maxNesting)
	for text, want := range map[string]bool{
		"a = " + open + closed + "\n" + "b = " + open + closed: false,
		"a = [" + open + closed + "]":                          true,
		"a = " + strings.Repeat("[{a=", maxNesting):            true,
		strings.Repeat("[\n", maxNesting+1):                    true,
		"# [" + open + "\na = 1 # [" + open:                    false,
		`a = "[\"[` + open + `" # ` + open:                     false,
		`a = '[\' # ` + open:                                   false,
		`a = '[\' ` + open + "[":                               true,
		`a = """["` + "\n" + `[""" # ` + open:                  false,
		"a = '''['\n['''" + open + "[":                         true,
		"a = \"not closed\n" + open + "[":                      true,
	} {
		if got := nestedTooDeep([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
		ParseText([]byte(text))
	}
}

// Any string is the same when its text is read.
func TestStringsOfATextAreReadAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "s")
		var got map[string]string
		if _, err := toml.Decode(tomlKey(want)+" = "+quoted(want), &got); err != nil || got[want] != want {
			t.Fatalf("%q is %q: %v", want, got, err)
		}
	})
}

// FuzzParseText: whatever is in a file is refused, or read and put or refused.
func FuzzParseText(f *testing.F) {
	f.Add("format = 2\n[[incalls]]\nid = 1\ntenant = \"master\"\ndestination = { type = \"none\" }\n")
	f.Add("format = 2\n[[endpoints]]\nid = 1\ntenant = \"master\"\nauth_section_options = [[\"password\", \"(secret)\"], [1], 2]\n")
	f.Add("format = 2\n[[calendars]]\nid = 1\nurl = 7\n[[tenants]]\nid = 4\nname = \"a\"\nuuid = \"b\"\nparent = \"a\"\n")
	s, err := Open(f.TempDir(), Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := ParseText([]byte(text))
		if err != nil {
			return
		}
		for _, exact := range []bool{false, true} {
			if _, err := s.Rehearse(func(tx *Tx) error { _, err := tx.Import(parsed, exact, anything); return err }); err != nil && strings.Contains(err.Error(), "goroutine") {
				t.Fatal(err)
			}
		}
	})
}
