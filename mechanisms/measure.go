package mechanisms

// A Measure says how people call the value of a trial and which way is better. It changes nothing for code: Trial.BPB is
// lower where a trial is better, whatever was measured. The zero Measure is bits per byte.
type Measure struct {
	Name   string `json:"name,omitempty"`   // empty for bits per byte
	Higher bool   `json:"higher,omitempty"` // higher is better; then BPB is the negative of what was measured
}

// String names the value.
func (m Measure) String() string {
	if m.Name == "" {
		return "bits per byte"
	}
	return m.Name
}

// Own is a value, or a difference of values, with its own sign: as it was measured.
func (m Measure) Own(bpb float64) float64 {
	if m.Higher {
		return 0 - bpb // and no negative zero
	}
	return bpb
}

// Better says which way is better: "lower" or "higher".
func (m Measure) Better() string {
	if m.Higher {
		return "higher"
	}
	return "lower"
}

// Gain says which sign of a change is better: "negative" or "positive".
func (m Measure) Gain() string {
	if m.Higher {
		return "positive"
	}
	return "negative"
}
