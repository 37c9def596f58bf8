package dialplan_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"dialtone/ivr/dialplan"
)

func TestSectionsOfAConfigurationHaveTheLinesOfTheirTemplates(t *testing.T) {
	files := fstest.MapFS{
		"etc/pjsip.conf": {Data: []byte(`[base](!)
allow=ulaw
[1000](base)
type = endpoint ; a phone
#include more.conf
callerid="Zoë \; Co" <1000>
[missing](nothing)
`)},
		"etc/more.conf": {Data: []byte("context=internal\n[1000]\ntype=auth\n[1000](+)\nallow=alaw\n")},
	}
	got, problems := dialplan.Sections(dialplan.LoadOptions{FS: files}, "etc/pjsip.conf")
	at := func(file string, line, column int) dialplan.Pos {
		return dialplan.Pos{File: "etc/" + file, Line: line, Column: column}
	}
	want := []dialplan.ConfigSection{
		{Name: "1000", Pos: at("pjsip.conf", 3, 2), Lines: []dialplan.ConfigOption{
			{Key: "allow", Value: "ulaw", Pos: at("pjsip.conf", 2, 1)},
			{Key: "type", Value: "endpoint", Pos: at("pjsip.conf", 4, 1)},
			{Key: "context", Value: "internal", Pos: at("more.conf", 1, 1)},
			{Key: "allow", Value: "alaw", Pos: at("more.conf", 5, 1)},
			{Key: "callerid", Value: `"Zoë ; Co" <1000>`, Pos: at("pjsip.conf", 6, 1)},
		}},
		{Name: "1000", Pos: at("more.conf", 2, 2), Lines: []dialplan.ConfigOption{{Key: "type", Value: "auth", Pos: at("more.conf", 3, 1)}}},
		{Name: "missing", Pos: at("pjsip.conf", 7, 2)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(problems) != 1 || problems[0].Line != 7 {
		t.Errorf("problems %v, want the template that is not there", problems)
	}
}
