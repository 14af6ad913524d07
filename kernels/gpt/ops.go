package gpt

// An Op is one operation of the model, as data. Its fields name the arrays it reads and writes; a Backend gives them
// memory and runs the operations in order, or fuses neighbours. Backward operations add to the gradients of the weights
// they name; every other output is overwritten unless the comment says "adds to".
//
// A Tokens array has one row per token of the micro-batch, so operations other than attention treat rows alone.
type Op interface{ op() }

// A Tokens names an array by its place in Model.Tokens: one row per token, as many columns as Model.Tokens says.
type Tokens int

type (
	// Embed gathers and normalises: X = norm(Table[token]), R = 1/rms.
	Embed struct {
		Table W
		X, R  Tokens
	}
	// EmbedBackward adds the gradient of Table[token]. DX and DSkip are both gradients of X.
	EmbedBackward struct {
		Embed
		DX, DSkip Tokens
	}

	// Mix blends the stream with the embedding it began as: Y = Resid[Layer]*X + Skip[Layer]*X0.
	Mix struct {
		Resid, Skip W
		Layer       int
		X, X0, Y    Tokens
	}
	// MixBackward turns DX from the gradient of Y into that of X, in place. DSkip is the gradient of X0: it adds to
	// it, or sets it where First.
	MixBackward struct {
		Mix
		DX, DSkip Tokens
		First     bool
	}

	// Norm is RMSNorm without parameters: R = 1/sqrt(mean(X²) + NormEps), H = R*X.
	Norm struct{ X, H, R Tokens }
	// NormBackward adds to DX, or sets it where First: R*(DH - H*mean(DH*H)).
	NormBackward struct {
		Norm
		DH, DX Tokens
		First  bool
	}

	// QKV makes the inputs of attention from H, head by head:
	//
	//	Q = rope(norm(H*WQᵀ)), K = rope(norm(H*WKᵀ)), V = H*WVᵀ + G*Values[token], G = 2*sigmoid(H[:Gates]*WGateᵀ)
	//
	// RQ and RK keep the 1/rms of each head. Without value embeddings WGate and Values are None and G is not used. Rope turns
	// channel pairs (j, j+HS/2) by -t*RopeBase^(-2j/HS): y1 = x1*cos + x2*sin, y2 = x2*cos - x1*sin.
	QKV struct {
		WQ, WK, WV, WGate, Values W
		H, Q, K, V, RQ, RK, G     Tokens
	}
	// QKVBackward sets DH from DQ, DK and DV, which it may overwrite.
	QKVBackward struct {
		QKV
		DQ, DK, DV, DH Tokens
	}

	// Attention is causal: query t of a sequence sees keys t-Window to t, scores scaled by HS^-0.5. LSE keeps the
	// logarithm of each query's and head's summed exponentials.
	Attention struct {
		Q, K, V, Y, LSE Tokens
		Window          int
	}
	// AttentionBackward sets DQ, DK and DV from DY.
	AttentionBackward struct {
		Attention
		DY, DQ, DK, DV Tokens
	}

	// Project maps back to the stream: Y = X + A*Weightᵀ.
	Project struct {
		Weight  W
		A, X, Y Tokens
	}
	// ProjectBackward sets DA from DY. The gradient of X is that of Y, unchanged.
	ProjectBackward struct {
		Project
		DY, DA Tokens
	}

	// Expand is the first half of the MLP: U = max(H*Weightᵀ, 0), A = U².
	Expand struct {
		Weight  W
		H, U, A Tokens
	}
	// ExpandBackward sets DH from DA, which it may overwrite.
	ExpandBackward struct {
		Expand
		DA, DH Tokens
	}

	// Loss is the cross-entropy in nats of each target token under softmax(Softcap*tanh(H*Weightᵀ/Softcap)). Where Train, it
	// also sets DH and adds the gradient of Weight, for the mean over the tokens of a whole optimizer step. The
	// logits need never exist all at once.
	Loss struct {
		Weight W
		H, DH  Tokens
		Train  bool
	}
)

func (Embed) op()     {}
func (Mix) op()       {}
func (Norm) op()      {}
func (QKV) op()       {}
func (Attention) op() {}
func (Project) op()   {}
func (Expand) op()    {}
func (Loss) op()      {}
