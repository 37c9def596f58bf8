package confd

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// What a list remembers of its objects holds no longer than what they show: also of others that they are with, of who asks, and of how.
func TestListsShowWhatThereIsNow(t *testing.T) {
	l := newLab(t)
	const all = "/incalls?order=description&direction=desc"
	extension := l.post("/extensions", map[string]any{"exten": "100", "context": "from-extern"})
	incall := l.post("/incalls", map[string]any{"destination": map[string]any{"type": "none"}, "description": "été"})
	first := func(path string) map[string]any { return l.get(path)["items"].([]any)[0].(map[string]any) }

	for range 2 { // the second time by what is remembered
		if numbers := first(all)["extensions"].([]any); len(numbers) != 0 {
			t.Errorf("extensions %v", numbers)
		}
	}
	l.put(fmt.Sprintf("/incalls/%v/extensions/%v", incall["id"], extension["id"]), nil)
	if numbers := first(all)["extensions"].([]any); len(numbers) != 1 {
		t.Errorf("extensions %v", numbers)
	}
	for search, want := range map[string]float64{"ete": 1, "100": 1, "hiver": 0} {
		if total := l.get("/incalls?search=" + search)["total"]; total != want {
			t.Errorf("search=%s finds %v, want %v", search, total, want)
		}
	}
	l.put(fmt.Sprintf("/incalls/%v", incall["id"]), map[string]any{"description": "hiver"})
	if total := l.get("/incalls?search=hiver")["total"]; total != 1.0 {
		t.Errorf("after the change it is found %v times", total)
	}

	href := func() any { return first(all)["links"].([]any)[0].(map[string]any)["href"] }
	here := href()
	l.header.Set("X-Forwarded-Host", "pbx.example.org")
	if there := href(); there == here || there != "http://pbx.example.org/1.1/incalls/1" {
		t.Errorf("behind a proxy the link is %v", there)
	}
	l.header.Del("X-Forwarded-Host")
	if again := href(); again != here {
		t.Errorf("the link is %v, was %v", again, here)
	}

	l.post("/users", map[string]any{"firstname": "Ada"})
	_, whole := first("/users")["ring_seconds"]
	_, summary := first("/users?view=summary")["ring_seconds"]
	if !whole || summary {
		t.Errorf("ring_seconds is shown %v, in the summary %v", whole, summary)
	}
}

// A script that is only tried leaves nothing in the lists, though the next change has the revision that its own had.
func TestListsForgetWhatWasTakenBack(t *testing.T) {
	l := newLab(t)
	const all = "/incalls?direction=desc"
	make := func(description string) Request {
		return Post("incalls/1", "/incalls", map[string]any{"destination": map[string]any{"type": "none"}, "description": description})
	}
	steps := []Step{step("a", make("tried")), {Source: "b", Unless: all, Requests: []Request{make("never")}}}
	if _, err := l.api.Script("", "", steps, true); err != nil {
		t.Fatal(err)
	}
	l.post("/incalls", map[string]any{"destination": map[string]any{"type": "none"}, "description": "real"})
	items := l.get(all)["items"].([]any)
	if len(items) != 1 || items[0].(map[string]any)["description"] != "real" {
		t.Errorf("%v", items)
	}
}

func TestPageIsWrittenAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type object struct {
			Name string `json:"name"`
		}
		p, want := page{Items: []any{}}, page{Items: []any{}}
		p.Total = rapid.IntRange(0, 1000).Draw(t, "total")
		if rapid.Bool().Draw(t, "filtered") {
			p.Filtered = &p.Total
		}
		want.Total, want.Filtered = p.Total, p.Filtered
		for _, name := range rapid.SliceOf(rapid.String()).Draw(t, "names") {
			text, _ := marshal(object{name})
			want.Items = append(want.Items, object{name})
			p.Items = append(p.Items, rapid.SampledFrom([]any{object{name}, rendered(text[:len(text)-1])}).Draw(t, "item"))
		}
		got, err := marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		type plain page // which json writes
		if text, _ := marshal(plain(want)); string(text) != string(got) {
			t.Fatalf("%s, want %s", got, text)
		}
	})
}

func TestRowsWithoutRoomAreRenderedEachTime(t *testing.T) {
	var room atomic.Int64
	room.Store(3)
	made, times := newRows(slices.Values([]*int{new(int), new(int)}), &room), 0
	show := func(*int) any { times++; return 10 + times }
	for _, want := range []struct {
		row  int
		text rendered
	}{{0, "11"}, {0, "11"}, {1, "12"}, {1, "13"}} {
		if text, err := made.render(made.byID[want.row], show); err != nil || text != want.text {
			t.Errorf("row %d: %s, want %s; %v", want.row, text, want.text, err)
		}
	}
}

func TestManyReadListsAtOnce(t *testing.T) {
	l := newLab(t)
	for i := range 20 {
		l.post("/ivr", map[string]any{"name": fmt.Sprint("menu ", i), "menu_sound": "m"})
	}
	var readers sync.WaitGroup
	for _, query := range []string{"", "?search=MENU", "?order=id&direction=desc", "?limit=20", "?order=description"} {
		for range 4 {
			readers.Go(func() {
				r := l.ask("GET", "/ivr"+query, nil)
				var got page
				if err := json.Unmarshal(r.body, &got); err != nil || got.Total != 20 || len(got.Items) != 20 {
					t.Errorf("%s: %d %s", query, r.status, r.body)
				}
			})
		}
	}
	for i := range 5 {
		l.put(fmt.Sprintf("/ivr/%d", i+1), map[string]any{"description": fmt.Sprint(i)})
	}
	readers.Wait()
}
