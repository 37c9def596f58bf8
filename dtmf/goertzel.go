package dtmf

import "math"

// goertzel gives the power of x at ω radians per sample as the mean square of a
// tone there.
func goertzel(x []float32, omega float64) float64 {
	coefficient := float32(2 * math.Cos(omega))
	var v1, v2 float32
	for _, s := range x {
		v1, v2 = s+coefficient*v1-v2, v1
	}
	n := float64(len(x))
	power := float64(v1)*float64(v1) + float64(v2)*float64(v2) - float64(coefficient)*float64(v1)*float64(v2)
	return 2 * power / (n * n)
}
