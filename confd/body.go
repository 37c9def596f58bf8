package confd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
	"unicode/utf8"
)

const (
	maxBody  = 1 << 20          // bytes of JSON
	maxDepth = 64               // of objects and lists within each other
	bodyTime = 10 * time.Second // in which all of it must have come
)

// hurry bounds how long the body of a request may take, also where nobody reads it: net/http reads the rest before it takes the next request.
func hurry(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) // a recorder of tests has none
	}
}

// readBody reads what a request carries, at most maxBody bytes of it.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, tooLarge(maxBody)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, unread(err, maxBody)
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // or a request that waits for the disk would be taken for gone
	return body, nil
}

// unread says why a body was not read.
func unread(err error, most int) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return tooLarge(most)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &failure{http.StatusRequestTimeout, []string{fmt.Sprintf("Input Error - the body did not come within %v", bodyTime)}}
	}
	return inputError("the body could not be read: %v", err)
}

// tooLarge refuses a body of more than most bytes.
func tooLarge(most int) error {
	return &failure{http.StatusRequestEntityTooLarge, []string{fmt.Sprintf("Input Error - the body has more than %d MiB", most>>20)}}
}

// decode reads a body that is an object. What is empty, as null, false, 0, "", [] or nothing at all, is an object without fields.
// Of numbers the text is kept (json.Number).
func decode(body []byte) (map[string]any, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff")) // as some editors write it
	if !utf8.Valid(body) {
		return nil, inputError("the body is not UTF-8")
	}
	if depth(body) > maxDepth {
		return nil, inputError("the body has objects and lists within each other more than %d deep", maxDepth)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, notJSON(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, inputError("the body is not JSON: something follows at byte %d", decoder.InputOffset())
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case bool:
		if !v {
			return nil, nil
		}
	case string:
		if v == "" {
			return nil, nil
		}
	case json.Number:
		if f, err := v.Float64(); err == nil && f == 0 {
			return nil, nil
		}
	case []any:
		if len(v) == 0 {
			return nil, nil
		}
	case map[string]any:
		return v, nil
	}
	var o object
	o.wrong("Invalid input type.")
	return nil, o.faults.refused()
}

// notJSON says where a body is no JSON.
func notJSON(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return inputError("the body is not JSON: %v at byte %d", syntax, syntax.Offset)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return inputError("the body is not JSON: it ends too early")
	}
	return inputError("the body is not JSON: %v", err)
}

// depth is how deep objects and lists are within each other at most, in whatever text.
func depth(body []byte) int {
	now, most, quoted := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}
