package ivr

import (
	"fmt"
	"strings"
)

// readFunction gives what ${name(args)} reads.
func (r *Run) readFunction(name, args string) (string, error) {
	f := r.o.Functions[name]
	switch {
	case f == nil:
		return "", r.unknownFunction(name)
	case f.Read == nil:
		return "", fmt.Errorf("function %s cannot be read, only set", name)
	}
	value, err := f.Read(r, args)
	if err != nil {
		err = fmt.Errorf("%s(%s): %w", name, args, err)
	}
	return value, err
}

// writeFunction does Set(name(args)=value).
func (r *Run) writeFunction(name, args, value string) error {
	f := r.o.Functions[name]
	switch {
	case f == nil:
		return r.unknownFunction(name)
	case f.Write == nil:
		return fmt.Errorf("function %s cannot be set, only read", name)
	}
	if err := f.Write(r, args, value); err != nil {
		return fmt.Errorf("Set(%s(%s)=…): %w", name, args, err)
	}
	return nil
}

// unknownFunction helps when only the case is wrong.
func (r *Run) unknownFunction(name string) error {
	upper := strings.ToUpper(strings.TrimSpace(name))
	if _, ok := r.o.Functions[upper]; ok && upper != name {
		return fmt.Errorf("unknown function %q (did you mean %s?)", name, upper)
	}
	if AsteriskFunctions[name] {
		return fmt.Errorf("function %s is not available in this version", name)
	}
	return fmt.Errorf("unknown function %q", name)
}

// Value reads what stands in the place of a variable's name: a variable, or a
// function with its arguments, as in CUT(CALLERID(num),…).
func (r *Run) Value(name string) string {
	if open := strings.IndexByte(name, '('); open > 0 && strings.HasSuffix(name, ")") {
		value, err := r.readFunction(name[:open], name[open+1:len(name)-1])
		if err != nil {
			r.Warn("%v", err)
		}
		return value
	}
	value, _ := r.Variable(name)
	return value
}

// Look is Value for those who have to know: ok is false when there is no such
// variable, or the function cannot be read.
func (r *Run) Look(name string) (value string, ok bool) {
	open := strings.IndexByte(name, '(')
	if open <= 0 || !strings.HasSuffix(name, ")") {
		return r.Variable(name)
	}
	value, err := r.readFunction(name[:open], name[open+1:len(name)-1])
	if err != nil {
		r.Warn("%v", err)
	}
	return value, err == nil
}
