package kerneltest

// Text is a gpt.Data made from one string, bytes as tokens: training sequences are windows at a stride that is coprime
// with the length, validation sequences lie behind the training part.
type Text struct {
	T, V  int
	train []int32
	valid []int32
	bytes []int
}

// NewText cuts the last eighth of the text, at least one sequence, for validation. Byte 0 of the vocabulary stands for no byte.
func NewText(text string, T, V int) *Text {
	d := &Text{T: T, V: V, bytes: make([]int, V)}
	for i := 1; i < V; i++ {
		d.bytes[i] = 1
	}
	tokens := make([]int32, len(text))
	for i := range tokens {
		tokens[i] = int32(text[i]) % int32(V)
	}
	cut := len(tokens) - max(len(tokens)/8, T+1)
	d.train, d.valid = tokens[:cut], tokens[cut:]
	return d
}

// Context implements gpt.Data.
func (d *Text) Context() int { return d.T }

// Vocabulary implements gpt.Data.
func (d *Text) Vocabulary() int { return d.V }

// TokenBytes implements gpt.Data.
func (d *Text) TokenBytes() []int { return d.bytes }

// TrainSequence implements gpt.Data.
func (d *Text) TrainSequence(i int64, row []int32) {
	at := int(i * 7919 % int64(len(d.train)))
	for j := range row {
		row[j] = d.train[(at+j)%len(d.train)]
	}
}

// ValidationSequences implements gpt.Data.
func (d *Text) ValidationSequences() int { return len(d.valid) / (d.T + 1) }

// ValidationSequence implements gpt.Data.
func (d *Text) ValidationSequence(i int, row []int32) { copy(row, d.valid[i*(d.T+1):]) }
