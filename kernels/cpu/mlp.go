package cpu

import (
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

type (
	project         gpt.Project
	projectBackward gpt.ProjectBackward
	expand          gpt.Expand
)

// mlpBackward fuses the gradients of both matrices of the MLP: the product that makes DA also applies that of ReLU².
type mlpBackward struct {
	project gpt.ProjectBackward
	expand  gpt.ExpandBackward
}

func (o project) run(w *worker) {
	w.forwardBy(o.Weight, w.of(o.Y), w.of(o.A), mat.Epilogue{Op: mat.Mix, Beta: 1, Aux: w.of(o.X)})
}

func (o projectBackward) run(w *worker) {
	w.gradientBy(o.Weight, w.of(o.DY), w.of(o.A))
	w.backwardBy(o.Weight, w.of(o.DA), w.of(o.DY), mat.Epilogue{})
}

func (o expand) run(w *worker) {
	w.forwardBy(o.Weight, w.of(o.A), w.of(o.H), mat.Epilogue{Op: mat.ReLU2, Aux: w.of(o.U)})
}

func (o mlpBackward) run(w *worker) {
	dy, du := w.of(o.project.DY), w.of(o.project.DA)
	w.gradientBy(o.project.Weight, dy, w.of(o.project.A))
	w.backwardBy(o.project.Weight, du, dy, mat.Epilogue{Op: mat.ReLU2Grad, Aux: w.of(o.expand.U)})
	w.gradientBy(o.expand.Weight, du, w.of(o.expand.H))
	w.backwardBy(o.expand.Weight, w.of(o.expand.DH), du, mat.Epilogue{})
}
