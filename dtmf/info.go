package dtmf

import (
	"fmt"
	"strconv"
	"strings"
)

const maxInfoMs = 60_000 // a longer Duration is taken for this

// InfoType is the media type of what FormatInfo writes.
const InfoType = "application/dtmf-relay"

// FormatInfo writes the body of a SIP INFO that tells of a digit, pressed for so many ms.
func FormatInfo(key byte, ms int) []byte {
	return fmt.Appendf(nil, "Signal=%c\r\nDuration=%d\r\n", key, ms)
}

// ParseInfo reads the digit in the body of a SIP INFO (RFC 6086). ms is how long
// the key was down, 0 when the body does not say. The content types are those
// that telephones use, neither of them a standard:
//
//	application/dtmf-relay    Signal=5, Duration=160, a line each
//	application/dtmf          the key alone
//
// Case, spaces and the order of lines do not matter. * and # may also come as 10
// and 11, A to D as 12 to 15. The error is for the log: it is no digit then.
func ParseInfo(contentType string, body []byte) (key byte, ms int, err error) {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if kind != "application/dtmf-relay" && kind != "application/dtmf" {
		return 0, 0, fmt.Errorf("info: no digit in content type %q (want application/dtmf-relay or application/dtmf)", shorten(contentType))
	}
	signal, found := "", false
	for line := range strings.FieldsFuncSeq(string(body[:min(len(body), 1024)]), lineEnd) {
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case !ok && kind == "application/dtmf" && !found:
			signal, found = strings.TrimSpace(line), true
		case ok && name == "signal" && !found:
			signal, found = value, true
		case ok && name == "duration":
			if n, err := strconv.Atoi(value); err == nil {
				ms = min(max(n, 0), maxInfoMs)
			}
		}
	}
	if !found {
		return 0, 0, fmt.Errorf("info: no Signal= in the %s body %q", kind, shorten(string(body)))
	}
	key, ok := infoKey(signal)
	if !ok {
		return 0, 0, fmt.Errorf("info: no such key: %q (0-9, *, #, A-D)", shorten(signal))
	}
	return key, ms, nil
}

func lineEnd(r rune) bool { return r == '\r' || r == '\n' || r == 0 }

// infoKey gives the key a signal means, by name or by the event code of RFC 4733.
func infoKey(signal string) (key byte, ok bool) {
	if len(signal) == 1 {
		key = strings.ToUpper(signal)[0]
		return key, Valid(key)
	}
	if code, err := strconv.ParseUint(signal, 10, 8); err == nil && len(signal) == 2 && code >= 10 && int(code) < len(keys) {
		return keys[code], true
	}
	return 0, false
}

func shorten(s string) string { return s[:min(len(s), 64)] }
