package ivr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dialtone/ivr/dialplan"
)

// Gosub calls a subroutine: [[context,]exten,]priority[(arg[,arg…])]. It leaves
// the place behind on the stack and goes there, with the arguments as ARG1…ARGn
// and their number as ARGC, local to the call.
func (r *Run) Gosub(target string) error {
	place, args, bracket := strings.Cut(target, "(")
	if bracket {
		if end := strings.LastIndexByte(args, ')'); end >= 0 {
			args = args[:end]
		} else {
			r.Warn("no closing bracket in %q", target)
		}
	}
	p, err := r.Target(place)
	if err != nil {
		return err
	}
	if !r.Exists(p) {
		return fmt.Errorf("%s does not exist", placeText(p))
	}
	if len(r.frames) >= r.limits.Depth {
		return &LimitError{"subroutines within each other", r.limits.Depth}
	}
	inherited, _ := LeadingInt(r.Value("ARGC"))
	r.frames = append(r.frames, Frame{r.place, map[string]*Hidden{}})
	var list []string
	if args != "" {
		list = SplitRaw(args, ',', 0)
	}
	for i, arg := range list {
		r.SetLocal("ARG"+strconv.Itoa(i+1), arg)
	}
	for i := len(list); i < min(inherited, r.limits.Variables); i++ {
		r.SetLocal("ARG"+strconv.Itoa(i+1), "")
	}
	r.SetLocal("ARGC", strconv.Itoa(len(list)))
	r.Goto(p)
	return nil
}

// Return goes back behind the Gosub called last, with value in GOSUB_RETVAL.
func (r *Run) Return(value string) error {
	caller, ok := r.PopFrame()
	if !ok {
		return errors.New("there is no Gosub to return from")
	}
	caller.Priority++
	r.Goto(caller)
	r.set("GOSUB_RETVAL", value)
	return nil
}

// PopFrame drops the frame of the Gosub called last and its local variables, and
// gives the place of that Gosub; false when there is none.
func (r *Run) PopFrame() (dialplan.Place, bool) {
	if len(r.frames) == 0 {
		return dialplan.Place{}, false
	}
	last := len(r.frames) - 1
	f := r.frames[last]
	r.frames = r.frames[:last]
	for name, old := range f.Hidden {
		if old == nil {
			r.vars.remove(name)
		} else {
			r.vars.put(name, variable{old.Value, old.Inherit})
		}
	}
	return f.Caller, true
}

// InSubroutine tells whether a Gosub is under way.
func (r *Run) InSubroutine() bool { return len(r.frames) > 0 }

// SetLocal sets a variable that lasts until the Return of the present Gosub and
// hides one of its name meanwhile. Outside of a Gosub it is a plain Set.
func (r *Run) SetLocal(name, value string) {
	if n := len(r.frames); n > 0 {
		plain, _ := inheritance(name)
		f := r.frames[n-1]
		if _, local := f.Hidden[plain]; !local {
			var old *Hidden
			if v, ok := r.vars.m[plain]; ok {
				old = &Hidden{v.value, v.inherit}
			}
			f.Hidden[plain] = old
		}
	}
	r.set(name, value)
}

// LocalPeek gives a variable as it is n local definitions up: 0 is the present
// one, 1 what that one hides, and so on.
func (r *Run) LocalPeek(n int, name string) string {
	values := []string{}
	if v, ok := r.vars.m[name]; ok {
		values = append(values, v.value)
	}
	for i := len(r.frames) - 1; i >= 0; i-- {
		if old := r.frames[i].Hidden[name]; old != nil {
			values = append(values, old.Value)
		}
	}
	if n < 0 || n >= len(values) {
		return ""
	}
	return values[n]
}

// StackPeek gives the place of the nth Gosub from the top, 1 being the last; false
// when there are fewer.
func (r *Run) StackPeek(n int) (dialplan.Place, bool) {
	if n < 1 || n > len(r.frames) {
		return dialplan.Place{}, false
	}
	return r.frames[len(r.frames)-n].Caller, true
}
