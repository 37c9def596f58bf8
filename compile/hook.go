package compile

// Contexts of files whose s is run, where there is one, for all objects of a kind: behind the subroutine of the object's own.
const (
	incallHook  = "xivo-subrgbl-did"
	userHook    = "xivo-subrgbl-user"
	groupHook   = "xivo-subrgbl-group"
	outcallHook = "xivo-subrgbl-outcall"
)

// customHook is the context of a file whose s is run, where there is one, before the command of a custom destination.
const customHook = "xivo-subrfwd-custom"

// subroutines runs the subroutine of an object, and that for all objects of its kind.
func (s *section) subroutines(own, all string) {
	if own != "" {
		s.gosubIfThere(argument(own))
	}
	s.gosubIfThere(all)
}
