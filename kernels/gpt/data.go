package gpt

// Data is the text a trial trains on and is measured with, as token ids in [0, Vocabulary()). Train calls it from one
// goroutine.
//
// The order of training sequences belongs to the data: sequence i is the same whatever the batch shape, so that trials
// of different TOTAL_BATCH_SIZE and DEVICE_BATCH_SIZE read the same text in the same order.
type Data interface {
	// Context is T, the number of predictions in a sequence.
	Context() int
	// Vocabulary is V.
	Vocabulary() int
	// TokenBytes holds, for every token id, the number of bytes of text it stands for; 0 for special tokens, which are
	// left out of bits per byte. Length V, read only.
	TokenBytes() []int
	// TrainSequence fills row, T+1 tokens long, with training sequence i >= 0: inputs row[:T], targets row[1:]. When the
	// text is used up it begins again.
	TrainSequence(i int64, row []int32)
	// ValidationSequences is the number of sequences in the fixed validation set.
	ValidationSequences() int
	// ValidationSequence fills row with validation sequence i, 0 <= i < ValidationSequences().
	ValidationSequence(i int, row []int32)
}
