package g711

import "testing"

func TestCodecsAreFoundByNameAndNumber(t *testing.T) {
	for _, law := range Laws() {
		for _, name := range []string{law.String(), map[Law]string{Mu: "pcmu", A: "PcmA"}[law]} {
			if got, ok := ByName(name); !ok || got != law {
				t.Errorf("%q is %v, %v", name, got, ok)
			}
		}
		if got, ok := ByPayloadType(law.PayloadType()); !ok || got != law {
			t.Errorf("%d is %v, %v", law.PayloadType(), got, ok)
		}
		if s := law.Decode(law.Silence()); s > 8 {
			t.Errorf("%v: silence is %d", law, s)
		}
	}
	for _, name := range []string{"", "PCM", "PCMU/8000", "G722"} {
		if law, ok := ByName(name); ok {
			t.Errorf("%q is %v", name, law)
		}
	}
	for _, payloadType := range []uint8{1, 9, 13, 101, 255} {
		if law, ok := ByPayloadType(payloadType); ok {
			t.Errorf("%d is %v", payloadType, law)
		}
	}
}
