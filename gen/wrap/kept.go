package wrap

import (
	"path"

	"github.com/dave/jennifer/jen"

	"github.com/seed161a02ea/bilevel/gen/build"
)

// Kept is where mechanisms lie that were taken into the module: a folder each, by name.
const Kept = generated

// EntryTest is the file beside a kept mechanism's entry that lets go test examine and measure it.
func EntryTest(m Mechanism) ([]byte, error) {
	at, kit := path.Join(build.Module, generated, m.Name), path.Join(build.Module, generated)
	f := newFile(m.Package + "_test")
	f.ImportAlias(at, "kept")
	f.ImportName(kit, "generated")
	f.Func().Id("TestKept").Params(jen.Id("t").Op("*").Qual("testing", "T")).Block(
		jen.Qual(kit, "Test").Call(jen.Id("t"), jen.Qual(at, "Entry").Call()),
	)
	f.Line()
	f.Func().Id("BenchmarkMechanisms").Params(jen.Id("b").Op("*").Qual("testing", "B")).Block(
		jen.Qual(kit, "Benchmark").Call(jen.Id("b"), jen.Qual(at, "Entry").Call()),
	)
	return render(f, m.Name)
}
