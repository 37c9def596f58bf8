package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"dialtone/call/softphone"
)

// client asks a server by REST.
type client struct {
	*server
	key string
}

// rest makes a key of a server.
func (s *server) rest() client {
	s.t.Helper()
	words := strings.Fields(s.mustDialtone("token", "add", "script", "--data", s.data))
	return client{s, words[len(words)-1]}
}

// ask asks, and gives the object of the answer, which is a success.
func (c client) ask(method, path, body string) (object map[string]any) {
	c.t.Helper()
	request, err := http.NewRequest(method, "http://"+c.http+"/1.1"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("X-Auth-Token", c.key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		c.t.Fatalf("%s %s: %s %s %v", method, path, response.Status, text, err)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &object); err != nil {
			c.t.Fatalf("%s %s: %s: %v", method, path, text, err)
		}
	}
	return object
}

// desk makes a user with a telephone, by one request, and registers it; its calls are answered.
func (c client) desk(firstname, account, exten string) (phone *softphone.Phone, calls <-chan *softphone.Call) {
	c.t.Helper()
	c.ask("POST", "/users", fmt.Sprintf(`{"firstname": %q, "lastname": "Martin", "lines": [{"endpoint_sip": {"name": %q, "auth_section_options": [["username", %q], ["password", "secret"]]},
		"extensions": [{"exten": %q, "context": "default"}]}]}`, firstname, account, account, exten))
	came := make(chan *softphone.Call, 1)
	phone, err := softphone.New(softphone.Config{Server: c.sip, User: account, Password: "secret", Incoming: func(call *softphone.Call) {
		came <- call
		_ = call.Answer()
	}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { phone.Close() })
	if _, err := phone.Register(context.Background(), time.Hour); err != nil {
		c.t.Fatal(err)
	}
	return phone, came
}

// through checks that a call comes through, from a number and a name, and ends it.
func through(t *testing.T, call *softphone.Call, came <-chan *softphone.Call, number, name string) {
	t.Helper()
	answered(t, call)
	if from := (<-came).From(); from.User != number || from.Name != name {
		t.Errorf("the call is from %+v, want %s %q", from, number, name)
	}
	call.Hangup()
	if err := over(call, 10*time.Second); err != nil {
		t.Fatal(err)
	}
}

// TestTelephonesAndATrunkMadeByREST: two telephones that requests make register and call each other, a trunk that requests make
// registers, takes calls out and brings some in; nothing is restarted. The carrier is another server.
func TestTelephonesAndATrunkMadeByREST(t *testing.T) {
	t.Parallel()
	c, carrier := start(t).rest(), start(t)
	alice, toAlice := c.desk("Alice", "zx81", "2001")
	_, toBob := c.desk("Bob", "c64", "2002")
	call, err := alice.Call(t.Context(), "2002")
	if err != nil {
		t.Fatal(err)
	}
	through(t, call, toBob, "2001", "Alice Martin")

	// The carrier knows us by an account, and by our address as where calls go.
	carrier.mustDialtone("phone", "add", "acme", "--password", "secret", "--data", carrier.data)
	carrier.mustDialtone("trunk", "add", "customer", "--server", c.sip, "--context", "default", "--data", carrier.data)
	carrier.plan("[default]\nexten => _06.,1,NoOp(${EXTEN} ${CALLERID(num)})\n same => n,Answer()\n same => n,Wait(20)\nexten => 9,1,Set(CALLERID(all)=Carl <0199>)\n same => n,Dial(PJSIP/0123456789@customer,20)\n")
	at := carrier.sip
	c.ask("POST", "/trunks", fmt.Sprintf(`{"context": "from-extern", "endpoint_sip": {"name": "carrier",
		"identify_section_options": [["match", %q]], "aor_section_options": [["contact", "sip:%s"]],
		"registration_section_options": [["server_uri", "sip:%s"], ["client_uri", "sip:acme@%s"]],
		"registration_outbound_auth_section_options": [["username", "acme"], ["password", "secret"]],
		"outbound_auth_section_options": [["username", "acme"], ["password", "secret"]]}}`, at, at, at, at))
	eventually(t, "registered with the carrier", 15*time.Second, func() bool { return c.trunkState("carrier").Registered })

	// Out, by an outcall whose numbers the telephones' context includes.
	context := c.ask("POST", "/contexts", `{"label": "out", "type": "outcall", "name": "out"}`)
	c.ask("PUT", "/contexts/1/contexts", fmt.Sprintf(`{"contexts": [{"id": %v}]}`, context["id"]))
	exten := c.ask("POST", "/extensions", `{"exten": "_0X.", "context": "out"}`)
	outcall := c.ask("POST", "/outcalls", `{"name": "all"}`)
	c.ask("PUT", fmt.Sprintf("/outcalls/%v/extensions/%v", outcall["id"], exten["id"]), `{}`)
	c.ask("PUT", fmt.Sprintf("/outcalls/%v/trunks", outcall["id"]), `{"trunks": [{"id": 1}]}`)
	if call, err = alice.Call(t.Context(), "0612345678"); err != nil {
		t.Fatal(err)
	}
	answered(t, call)
	eventually(t, "the carrier has the call", 5*time.Second, func() bool {
		return strings.Contains(carrier.mustDialtone("calls", "--json", "--data", carrier.data), "0612345678")
	})
	call.Hangup()
	if err := over(call, 10*time.Second); err != nil {
		t.Fatal(err)
	}

	// In, to a user whose number it is.
	c.ask("POST", "/incalls", `{"destination": {"type": "user", "user_id": 1}, "extensions": [{"exten": "0123456789", "context": "from-extern"}]}`)
	if call, err = carrier.softphone("1000").Call(t.Context(), "9"); err != nil {
		t.Fatal(err)
	}
	through(t, call, toAlice, "0199", "Carl")

	// Commands see them as their own.
	if list := c.mustDialtone("phone", "list", "--data", c.data); !strings.Contains(list, "zx81") {
		t.Errorf("dialtone phone list has no zx81:\n%s", list)
	}
	c.mustDialtone("phone", "remove", "zx81", "--data", c.data)
	if lines := c.ask("GET", "/lines?name=zx81", ""); lines["total"] != 0. {
		t.Errorf("the line of a phone that was removed is there: %v", lines)
	}
}
