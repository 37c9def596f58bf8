package softphone

import (
	"fmt"
	"strings"
	"time"
)

// keyLength and keyGap are how a key is pressed: the tone's length and the pause behind it, as a person's quick press.
const (
	keyLength = 120 * time.Millisecond
	keyGap    = 100 * time.Millisecond
)

// Press is one key, After the key before it or, for the first one, after the answer.
type Press struct {
	After time.Duration
	Key   byte
}

// ParseKeys reads the notation of --press: keys 0-9, *, #, A-D, and w, which waits a second. Blanks are passed
// over. "ww1w2" is 1 after two seconds, and 2 a second later.
func ParseKeys(text string) ([]Press, error) {
	var presses []Press
	after := time.Duration(0)
	for i, r := range text {
		switch {
		case r == ' ':
		case r == 'w' || r == 'W':
			after += time.Second
		case r < 0x80 && strings.ContainsRune("0123456789*#ABCDabcd", r):
			presses = append(presses, Press{After: after, Key: strings.ToUpper(string(r))[0]})
			after = 0
		default:
			return nil, fmt.Errorf("%q at place %d is no key: use 0-9, *, #, A-D, and w to wait a second", r, i+1)
		}
	}
	return presses, nil
}
