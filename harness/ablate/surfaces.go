package ablate

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/harness/task"
)

// firstInstance is the seed of the first surface of each family; the others follow. None of them is used elsewhere in this module's tests or benchmarks, so that
// no mechanism was written against them.
const firstInstance = 7001

// nullInstances is how many surfaces there are on which nothing can be found.
const nullInstances = 2

// SurfaceTasks returns n formulas to search, by turns of the three families, and after them those on which nothing can be
// found.
func SurfaceTasks(n int) []PlannedTask {
	families := []string{"gptsim", "steplaw", "bbobmix"}
	var all []PlannedTask
	for i := range n {
		all = append(all, surfaceTask(families[i%len(families)], i/len(families)))
	}
	for i := range nullInstances {
		t := surfaceTask("flat", i)
		t.Null = true
		all = append(all, t)
	}
	return all
}

func surfaceTask(family string, k int) PlannedTask {
	return PlannedTask{
		Task: Task{Name: fmt.Sprintf("%s-%d", family, k+1), Family: family},
		Spec: task.Spec{Kind: task.KindSurface, Surface: family, SurfaceSeed: uint64(firstInstance + k)},
	}
}
