package function

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var structures = []ivr.Function{
	{Name: "JSON_DECODE", Synopsis: "an item of a JSON text", Syntax: "variable,item[,separator[,options]]",
		Doc: "The variable holds JSON; the item is a path like a.b.0, arrays counted from 0. Booleans are 1 and 0, objects and arrays JSON text; " +
			"an item that is not there is empty. With the option c an array gives how many items it has.", Read: jsonDecode},
}

func jsonDecode(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 4)
	if argument(list, 0) == "" || argument(list, 1) == "" {
		return "", errors.New("needs a variable and an item")
	}
	value := json.RawMessage(r.Value(list[0]))
	if len(value) == 0 {
		return "", nil
	}
	if !json.Valid(value) {
		return "", fmt.Errorf("variable %q holds no JSON", list[0])
	}
	separator := argument(list, 2)
	if separator == "" {
		separator = "."
	}
	for _, key := range strings.Split(list[1], separator) {
		if value = item(value, key); value == nil {
			return "", nil
		}
	}
	return jsonText(value, strings.Contains(argument(list, 3), "c")), nil
}

// item gives what stands under a key of an object or array; nil: nothing.
func item(value json.RawMessage, key string) json.RawMessage {
	switch bytes.TrimLeft(value, blanks)[0] {
	case '{':
		var object map[string]json.RawMessage
		if json.Unmarshal(value, &object) == nil {
			return object[key]
		}
	case '[':
		var array []json.RawMessage
		n, err := strconv.Atoi(key)
		if err == nil && json.Unmarshal(value, &array) == nil && n >= 0 && n < len(array) {
			return array[n]
		}
	}
	return nil
}

// jsonText writes an item as a variable holds it.
func jsonText(value json.RawMessage, count bool) string {
	value = bytes.Trim(value, blanks)
	switch value[0] {
	case '"':
		var s string
		if json.Unmarshal(value, &s) == nil {
			return s
		}
	case 't':
		return "1"
	case 'f':
		return "0"
	case 'n':
		return ""
	case '[':
		var array []json.RawMessage
		if count && json.Unmarshal(value, &array) == nil {
			return strconv.Itoa(len(array))
		}
	}
	var out bytes.Buffer
	if json.Compact(&out, value) != nil {
		return ""
	}
	return out.String()
}
