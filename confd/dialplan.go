package confd

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"dialtone/compile"
	"dialtone/store"
)

// dialplanRoutes show objects as the dialplan that they mean, below /api.
func dialplanRoutes() []route {
	return slices.Concat(
		meaning(incalls(), compile.IncallContext),
		meaning(schedules(), compile.ScheduleContext),
		meaning(ivrs(), compile.IVRContext),
		[]route{{method: "GET", path: "/contexts/{id}/dialplan", handle: showContextDialplan}},
		dialplanFileRoutes(),
	)
}

// meaning is the route of a resource whose objects become contexts.
func meaning[T any](res resource[T], context func(id int) string) []route {
	return []route{{method: "GET", path: res.path + "/{id}/dialplan", handle: func(r *request) (answer, error) {
		if _, err := res.byID(r, r.id("id")); err != nil {
			return answer{}, err
		}
		return dialplanText(r.tx, context(r.id("id")))
	}}}
}

func showContextDialplan(r *request) (answer, error) {
	c, err := contexts().byID(r, r.id("id"))
	if err != nil {
		return answer{}, err
	}
	return dialplanText(r.tx, c.Name)
}

// dialplanText is the text of a context for people and editors.
func dialplanText(tx *store.Tx, context string) (answer, error) {
	text, ok := compile.Text(tx, context)
	if !ok {
		text = "; [" + context + "] is disabled: nobody gets there\n"
	}
	return plainText(text), nil
}

// plainText is a text as it is.
func plainText(text string) answer {
	return answer{status: http.StatusOK, file: io.NopCloser(strings.NewReader(text)), header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}}
}
