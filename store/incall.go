package store

import (
	"strings"
	"time"
)

// Incall is where the calls of one number begin, or those of a pattern of numbers, by whatever trunk they come.
type Incall struct {
	Number  string    `json:"number"`  // +33123456789 (E.164), or as an extension's pattern _+331234567XX
	Context string    `json:"context"` // of the dialplan
	Exten   string    `json:"exten"`   // in it
	Created time.Time `json:"created"`
}

// NewIncall makes the record of an incall. It is checked when it is put.
func NewIncall(number, context, exten string) Incall {
	return Incall{Number: number, Context: context, Exten: exten, Created: time.Now().Truncate(time.Second)}
}

// Validate says what is wrong with the record, as a *FieldError.
func (i Incall) Validate() error {
	digits, pattern := strings.CutPrefix(i.Number, "_")
	digits, plus := strings.CutPrefix(digits, "+")
	allowed := "0123456789"
	if pattern {
		allowed += "XZNxzn[]-.!"
	}
	if !plus || digits == "" || len(i.Number) > maxNumber || strings.Trim(digits, allowed) != "" {
		return invalid("incall %q is neither a number with + and country code, as +33123456789, nor a pattern of such, as _+331234567XX", i.Number)
	}
	if err := validName("extension", i.Exten, "*#+"); err != nil {
		return err
	}
	return validContext(i.Context)
}

func checkIncall(key string, i Incall, _ func(func(string, Incall) bool)) error {
	if key != i.Number {
		return invalid("incall %s under the key %q", i.Number, key)
	}
	return i.Validate()
}
