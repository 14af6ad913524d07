package mechanisms

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// Stream returns the random stream of one decision. Streams of different arguments are independent, and a stream does not
// depend on what was drawn before, so a decision can be asked again, of this mechanism or of another, with the same draws.
func Stream(seed uint64, seq int, method string) *rand.Rand {
	h := sha256.Sum256(fmt.Appendf(nil, "bilevel stream\x00%d\x00%d\x00%s", seed, seq, method))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(h[0:]), binary.LittleEndian.Uint64(h[8:])))
}
