package softphone

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseKeys(t *testing.T) {
	got, err := ParseKeys("ww1w2 #a")
	if err != nil {
		t.Fatal(err)
	}
	want := []Press{{2 * time.Second, '1'}, {time.Second, '2'}, {0, '#'}, {0, 'A'}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := ParseKeys("w1x"); err == nil {
		t.Error("x was taken for a key")
	}
}
