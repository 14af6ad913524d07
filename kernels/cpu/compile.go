package cpu

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// compile turns operations into kernels, fusing neighbours where one pass serves both.
func compile(ops []gpt.Op) []kernel {
	var out []kernel
	for i := 0; i < len(ops); i++ {
		if p, ok := ops[i].(gpt.ProjectBackward); ok && i+1 < len(ops) {
			if e, ok := ops[i+1].(gpt.ExpandBackward); ok && p.DA == e.DA {
				out = append(out, mlpBackward{project: p, expand: e})
				i++
				continue
			}
		}
		out = append(out, single(ops[i]))
	}
	return out
}

// single is the kernel of one operation. A machine is never opened on an operation it lacks, so that is a panic.
func single(op gpt.Op) kernel {
	switch op := op.(type) {
	case gpt.Embed:
		return embed(op)
	case gpt.EmbedBackward:
		return embedBackward(op)
	case gpt.Mix:
		return mix(op)
	case gpt.MixBackward:
		return mixBackward(op)
	case gpt.Norm:
		return norm(op)
	case gpt.NormBackward:
		return normBackward(op)
	case gpt.QKV:
		return qkv(op)
	case gpt.QKVBackward:
		return qkvBackward(op)
	case gpt.Attention:
		return attention(op)
	case gpt.AttentionBackward:
		return attentionBackward(op)
	case gpt.Project:
		return project(op)
	case gpt.ProjectBackward:
		return projectBackward(op)
	case gpt.Expand:
		return expand(op)
	case gpt.Loss:
		return loss(op)
	}
	panic(fmt.Sprintf("cpu: no kernel for operation %T", op))
}
