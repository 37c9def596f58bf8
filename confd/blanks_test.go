package confd

import (
	"fmt"
	"testing"
)

// An empty text that may be null is shown as it was sent, until it is said to be null.
func TestEmptyTexts(t *testing.T) {
	l := newLab(t)
	for path, test := range map[string]struct {
		made   string
		fields []string
	}{
		"/contexts":  {`{"label": "a"}`, []string{"description"}},
		"/incalls":   {`{"destination": {"type": "none"}}`, []string{"preprocess_subroutine", "greeting_sound", "description"}},
		"/ivr":       {`{"name": "a", "menu_sound": "b"}`, []string{"description", "greeting_sound", "invalid_sound", "abort_sound"}},
		"/schedules": {`{"closed_destination": {"type": "none"}}`, []string{"name", "timezone"}},
		"/outcalls":  {`{"name": "a"}`, []string{"description", "preprocess_subroutine"}},
		"/groups":    {`{"label": "a"}`, []string{"preprocess_subroutine"}},
	} {
		made := l.post(path, test.made)
		at := fmt.Sprintf("%s/%v", path, made["id"])
		for _, field := range test.fields {
			if made[field] != nil {
				t.Errorf("%s: %s is %q at first", at, field, made[field])
			}
			for _, value := range []any{"", nil, "", "UTC", "", nil} {
				l.put(at, map[string]any{field: value})
				if got := l.get(at)[field]; got != value {
					t.Errorf("%s: %s is %#v, sent was %#v", at, field, got, value)
				}
			}
			l.put(at, map[string]any{field: ""})
		}
		shown := l.get(at)
		for _, field := range test.fields {
			if shown[field] != "" {
				t.Errorf("%s: %s is %#v after the others were changed", at, field, shown[field])
			}
		}
	}
}
