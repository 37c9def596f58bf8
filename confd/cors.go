package confd

import (
	"net/http"
	"strings"
)

// allowOrigin lets web pages of the configured origins use the API (CORS).
func (a *API) allowOrigin(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" || len(a.config.Origins) == 0 {
		return
	}
	w.Header().Add("Vary", "Origin")
	for _, allowed := range a.config.Origins {
		if allowed != "*" && !strings.EqualFold(allowed, origin) {
			continue
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "Location, ETag")
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE")
			h.Set("Access-Control-Allow-Headers", "Content-Type, X-Auth-Token, Wazo-Tenant, If-Match, Authorization")
			h.Set("Access-Control-Max-Age", "600")
		}
		return
	}
}
