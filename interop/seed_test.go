package interop

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// curl asks as a script does, and gives the number of what was made.
func (c client) curl(method, path string, body any) (id float64) {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := exec.Command("curl", "-sS", "--fail-with-body", "-X", method, "-H", "X-Auth-Token: "+c.key, "-H", "Connection: close", "-d", string(text), "http://"+c.http+"/1.1"+path).Output()
	if err != nil {
		c.t.Fatalf("curl %s %s: %v %s", method, path, err, out)
	}
	var made struct{ ID float64 }
	if len(out) > 0 {
		if err := json.Unmarshal(out, &made); err != nil {
			c.t.Fatalf("curl %s %s: %s: %v", method, path, out, err)
		}
	}
	return made.ID
}

// upload puts a file into a category of sounds.
func (c client) upload(category, name, file string) {
	c.t.Helper()
	out, err := exec.Command("curl", "-sS", "--fail-with-body", "-T", file, "-H", "X-Auth-Token: "+c.key, "http://"+c.http+"/1.1/sounds/"+category+"/files/"+name).CombinedOutput()
	if err != nil {
		c.t.Fatalf("curl uploads %s: %v %s", name, err, out)
	}
}

// zoneWhere is a time zone in which it is some hour now, whatever the clock of the machine shows.
func zoneWhere(hour int) string {
	ahead := (hour-time.Now().UTC().Hour()+36)%24 - 12
	if ahead < -11 {
		ahead += 24
	}
	return fmt.Sprintf("Etc/GMT%+d", -ahead) // west is positive there
}

// TestTheSeedsNumberLeadsToItsMenu: requests give a menu in files a number and a schedule; who calls the number by a trunk hears the
// menu by day, the closed sound at night, another one on an exceptional day, and nothing is restarted.
func TestTheSeedsNumberLeadsToItsMenu(t *testing.T) {
	t.Parallel()
	c := start(t).rest()
	c.mustDialtone("trunk", "add", "carrier", "--address", "127.0.0.1/32", "--context", "from-extern", "--country", "33", "--data", c.data)
	steps := c.follow()

	c.curl("POST", "/sounds", map[string]any{"name": "hours"})
	for _, name := range []string{"closed.wav", "exceptional.wav"} {
		c.upload("hours", name, filepath.Join("..", "sounds", "en", "beep.wav"))
	}
	extension := c.curl("POST", "/extensions", map[string]any{"exten": "0123456789", "context": "from-extern"})
	incall := c.curl("POST", "/incalls", map[string]any{"destination": map[string]any{"type": "custom", "command": "Goto(dp-ivr-example,s,1)"}})
	c.curl("PUT", fmt.Sprintf("/incalls/%v/extensions/%v", incall, extension), nil)
	sound := func(name string) map[string]any {
		return map[string]any{"type": "sound", "filename": "/var/lib/wazo/sounds/hours/" + name}
	}
	hours := map[string]any{"name": "office", "timezone": zoneWhere(12), "closed_destination": sound("closed"), "open_periods": []any{map[string]any{"hours_start": "08:00", "hours_end": "18:00"}}}
	schedule := c.curl("POST", "/schedules", hours)
	c.curl("PUT", fmt.Sprintf("/incalls/%v/schedules/%v", incall, schedule), nil)

	played := func(sound string) func() bool {
		return func() bool {
			return slices.ContainsFunc(steps(), func(s step) bool { return s.Application == "Playback" && s.Arguments == sound })
		}
	}
	menu := new(script).send("INVITE", active).maybe("100").recv("200", "body=~m=audio").send("ACK", noSDP).pause(3*time.Second).send("BYE", noSDP).recv("200").file(t)
	sipp(t, c.server, "+33123456789", menu, "-t", "u1")
	eventually(t, "the menu's welcome is played by day", 5*time.Second, played("/var/lib/wazo/sounds/ivr-sounds/ivr-example-welcome-sound"))

	ends := new(script).send("INVITE", active).maybe("100").recv("200", "body=~m=audio").send("ACK", noSDP).recv("BYE")
	ends.text.WriteString(sippAccepts)
	closed := ends.file(t)
	hours["timezone"] = zoneWhere(3)
	c.curl("PUT", fmt.Sprintf("/schedules/%v", schedule), hours)
	sipp(t, c.server, "0123456789", closed, "-t", "u1")
	eventually(t, "the closed sound is played at night", 5*time.Second, played("/var/lib/wazo/sounds/hours/closed"))

	hours["timezone"] = zoneWhere(12)
	hours["exceptional_periods"] = []any{map[string]any{"hours_start": "00:00", "hours_end": "23:59", "destination": sound("exceptional")}}
	c.curl("PUT", fmt.Sprintf("/schedules/%v", schedule), hours)
	sipp(t, c.server, "0033123456789", closed, "-t", "u1")
	eventually(t, "the exceptional sound is played by day", 5*time.Second, played("/var/lib/wazo/sounds/hours/exceptional"))

	// A number that nobody has.
	nobody := new(script).send("INVITE", active).maybe("100").recv("404").as(how{branch: "[branch-3]"}).send("ACK", noSDP).file(t)
	sipp(t, c.server, "0999999999", nobody, "-t", "u1")
}
