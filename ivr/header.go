package ivr

// Headers is a channel that knows the headers of the request that made the call.
type Headers interface {
	Header(name string) []string // values, in their order; names in any case
	HeaderNames() []string       // each once, in their order
}

// HeaderWriter is a channel that can give headers to a request which is still to be sent, as that of a call which Dial makes,
// in its option b.
type HeaderWriter interface {
	// AddHeader adds one; in the place of those of its name if it replaces. An empty value only takes those away.
	AddHeader(name, value string, replaces bool) error
}
