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
	w.mul.Mul(w.of(o.Y), w.of(o.A), w.weight(o.Weight), mat.NT, mat.Epilogue{Op: mat.Mix, Beta: 1, Aux: w.of(o.X)})
}

func (o projectBackward) run(w *worker) {
	w.weightGradient(o.Weight, w.of(o.DY), w.of(o.A))
	w.mul.Mul(w.of(o.DA), w.of(o.DY), w.weight(o.Weight), mat.NN, mat.Epilogue{})
}

func (o expand) run(w *worker) {
	w.mul.Mul(w.of(o.A), w.of(o.H), w.weight(o.Weight), mat.NT, mat.Epilogue{Op: mat.ReLU2, Aux: w.of(o.U)})
}

func (o mlpBackward) run(w *worker) {
	dy, du := w.of(o.project.DY), w.of(o.project.DA)
	w.weightGradient(o.project.Weight, dy, w.of(o.project.A))
	w.mul.Mul(du, dy, w.weight(o.project.Weight), mat.NN, mat.Epilogue{Op: mat.ReLU2Grad, Aux: w.of(o.expand.U)})
	w.weightGradient(o.expand.Weight, du, w.of(o.expand.H))
	w.mul.Mul(w.of(o.expand.DH), du, w.weight(o.expand.Weight), mat.NN, mat.Epilogue{})
}

// weightGradient accumulates dyᵀ*x in the shard's gradient of a matrix that maps x to y.
func (w *worker) weightGradient(i gpt.W, dy, x mat.Matrix) {
	g, add := w.gradient(i)
	w.mul.Mul(g, dy, x, mat.TN, mat.Epilogue{Add: add})
}
