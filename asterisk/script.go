package asterisk

import (
	"fmt"
	"net/url"

	"dialtone/confd"
	"dialtone/pjsip"
)

// Script gives the requests that make the endpoints here: a line for each telephone, a trunk for each carrier, and the contexts where their
// calls begin. The telephones' numbers are in the dialplan, and are no extensions of their own.
func (c Configuration) Script() []confd.Step {
	var steps []confd.Step
	made := map[string]bool{}
	for _, e := range c.Endpoints {
		if !made[e.Context] {
			made[e.Context] = true
			steps = append(steps, contextStep(e))
		}
		steps = append(steps, endpointStep(e))
	}
	return steps
}

// contextStep makes the context of an endpoint, unless there is one of its name.
func contextStep(e Endpoint) confd.Step {
	kind := "internal"
	if e.Trunk {
		kind = "incall"
	}
	return confd.Step{
		Source: source(e) + ": context " + e.Context, Unless: "/contexts?name=" + url.QueryEscape(e.Context),
		Requests: []confd.Request{confd.Post("contexts/"+e.Context, "/contexts", map[string]any{"name": e.Context, "label": e.Context, "type": kind})},
	}
}

// endpointStep makes an endpoint and the line or the trunk that it is of.
func endpointStep(e Endpoint) confd.Step {
	kind := "line"
	if e.Trunk {
		kind = "trunk"
	}
	endpoint, holder := "endpoints/"+e.Name, kind+"s/"+e.Name
	return confd.Step{Source: source(e) + ": " + kind + " " + e.Name, Unless: "/" + kind + "s?name=" + url.QueryEscape(e.Name), Requests: []confd.Request{
		confd.Post(holder, "/"+kind+"s", map[string]any{"context": confd.Made("contexts/"+e.Context, "name")}),
		confd.Post(endpoint, "/endpoints/sip", struct {
			Name  string `json:"name"`
			Label string `json:"label"`
			pjsip.Sections
		}{e.Name, e.Name, e.Sections}),
		confd.Put("/"+kind+"s/"+confd.Made(holder, "id")+"/endpoints/sip/"+confd.Made(endpoint, "uuid"), nil),
	}}
}

func source(e Endpoint) string { return fmt.Sprintf("%s:%d", e.Pos.File, e.Pos.Line) }
