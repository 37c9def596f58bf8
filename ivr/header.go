package ivr

// Headers is a channel that knows the headers of the request that made the call.
type Headers interface {
	Header(name string) []string // values, in their order; names in any case
	HeaderNames() []string       // each once, in their order
}
