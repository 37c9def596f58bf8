package store

import (
	"cmp"
	"fmt"
	"strings"
)

// DID is a number, or a pattern of numbers, that leads to an extension of the dialplan: an extension of an incall's context with
// an incall to it, in one.
type DID struct {
	Number  string `json:"number"`  // +33123456789 (E.164), or as an extension's pattern _+331234567XX
	In      string `json:"in"`      // its context; empty: numbersContext
	Context string `json:"context"` // where its calls begin, of the dialplan
	Exten   string `json:"exten"`   // in it
}

// numbersContext is the context of the numbers of which it is not said. It is there from the first start.
const numbersContext = "from-extern"

// Validate says what is wrong with it, as a *FieldError.
func (d DID) Validate() error {
	digits, pattern := strings.CutPrefix(d.Number, "_")
	digits, plus := strings.CutPrefix(digits, "+")
	allowed := "0123456789"
	if pattern {
		allowed += "XZNxzn[]-.!"
	}
	if !plus || digits == "" || len(d.Number) > maxNumber || strings.Trim(digits, allowed) != "" {
		return invalid("incall %q is neither a number with + and country code, as +33123456789, nor a pattern of such, as _+331234567XX", d.Number)
	}
	if err := validName("extension", d.Exten, "*#+"); err != nil {
		return err
	}
	return validContext(d.Context)
}

// PutDID lets a number lead to an extension, whatever it led to before.
func (tx *Tx) PutDID(d DID) error {
	if err := d.Validate(); err != nil {
		return err
	}
	context, ok := tx.Context(cmp.Or(d.In, numbersContext))
	if !ok || context.Type != ContextIncall {
		return invalid("incall %s: there is no context %s for numbers that trunks bring", d.Number, cmp.Or(d.In, numbersContext))
	}
	number := Extension{Exten: d.Number, Context: context.Name, Enabled: true}
	if found, ok := tx.Extension(context.Name, d.Number); ok {
		number = *found
	}
	incall := Incall{Tenant: context.Tenant}
	if number.Of.Kind == OwnerIncall {
		found, _, _ := tx.Incalls().Get(number.Of.ID)
		incall = *found
	} else if number.Of != (Owner{}) {
		return invalid("incall %s: in the context %s it belongs to a %s", d.Number, context.Name, number.Of.Kind)
	}
	incall.Destination = Destination{Type: DestinationExtension, Context: d.Context, Exten: d.Exten}
	incall, err := tx.Incalls().Put(incall)
	if err != nil {
		return err
	}
	number.Of = Owner{OwnerIncall, incall.ID}
	_, err = tx.Extensions().Put(number)
	return err
}

// DeleteDID removes a number of a context, and its incall when no other number leads to it. A missing one is ErrNotFound.
func (tx *Tx) DeleteDID(in, number string) error {
	e, ok := tx.Extension(in, number)
	if !ok || e.Of.Kind != OwnerIncall {
		return fmt.Errorf("incall %q in %s: %w", number, in, ErrNotFound)
	}
	if err := tx.Extensions().Delete(e.ID); err != nil {
		return err
	}
	for range tx.ExtensionsOf(OwnerIncall, e.Of.ID) {
		return nil
	}
	return tx.Incalls().Delete(e.Of.ID)
}
