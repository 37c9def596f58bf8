package media

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	beFarEnds()
	goleak.VerifyTestMain(m, goleak.Cleanup(os.Exit))
}
